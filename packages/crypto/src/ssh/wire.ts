import { SshError } from './error.ts'

/** Data types of the SSH protocol, RFC 4251 §5. Integers are big-endian; a string is its length in four bytes and then its bytes. */

const maxU64 = 0xffff_ffff_ffff_ffffn

export const u8 = (value: number): Buffer => Buffer.of(value)

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Throws `RangeError` when it is negative or too large. */
export const u64 = (value: bigint): Buffer => {
  if (value < 0n || value > maxU64) throw new RangeError('not an unsigned integer of 64 bits')
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export const string = (content: Uint8Array | string): Buffer => {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([u32(bytes.length), bytes])
}

/** Strings one after another, inside a string. */
export const strings = (contents: readonly (Uint8Array | string)[]): Buffer => string(Buffer.concat(contents.map(string)))

/** A positive multiple precision integer in its shortest form, from big-endian bytes. */
export const mpint = (magnitude: Uint8Array): Buffer => {
  const start = magnitude.findIndex((byte) => byte !== 0)
  const shortest = start < 0 ? Buffer.alloc(0) : magnitude.subarray(start)
  return string((shortest[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), shortest]) : shortest)
}

export interface Reader {
  u8(): number
  u32(): number
  u64(): bigint
  /** A view of the bytes, not a copy. */
  string(): Buffer
  /** A string of UTF-8 without control characters: what a name, a key id or an option may hold. */
  text(): string
  /** The strings inside a string. */
  strings(): Buffer[]
  texts(): string[]
  /** A positive integer in its shortest form, without the leading zero. */
  mpint(): Buffer
  /** From the start of the bytes. */
  readonly offset: number
  readonly done: boolean
  /** Throws unless everything was read. */
  end(): void
}

const malformed = (message: string) => new SshError('malformed_bytes', message)

/** NUL ends a C string early, a newline ends a line of a file, and neither belongs into a name. */
const control = /[\u0000-\u001f\u007f-\u009f]/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const textOf = (bytes: Uint8Array): string => {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new SshError('malformed_bytes', 'the text is not UTF-8', { cause })
  }
  if (control.test(text)) throw malformed('the text has control characters')
  return text
}

/** Every method throws `malformed_bytes` when there are fewer bytes than it needs. */
export const createReader = (input: Uint8Array): Reader => {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  let offset = 0
  const take = (length: number): Buffer => {
    if (length > bytes.length - offset) throw malformed(`${length} bytes expected, ${bytes.length - offset} left`)
    offset += length
    return bytes.subarray(offset - length, offset)
  }
  const readString = () => take(take(4).readUInt32BE())
  const readAll = <T>(read: (inner: Reader) => T): T[] => {
    const inner = createReader(readString())
    const all: T[] = []
    while (!inner.done) all.push(read(inner))
    return all
  }
  return {
    u8: () => take(1).readUInt8(),
    u32: () => take(4).readUInt32BE(),
    u64: () => take(8).readBigUInt64BE(),
    string: readString,
    text: () => textOf(readString()),
    strings: () => readAll((inner) => inner.string()),
    texts: () => readAll((inner) => inner.text()),
    mpint() {
      const content = readString()
      const [first = 0, second = 0] = content
      if (first & 0x80) throw malformed('a negative number')
      if (content.length > 0 && first === 0 && !(second & 0x80)) throw malformed('a number with needless zeros')
      return first === 0 ? content.subarray(1) : content
    },
    get offset() {
      return offset
    },
    get done() {
      return offset === bytes.length
    },
    end() {
      if (offset !== bytes.length) throw malformed(`${bytes.length - offset} bytes too many`)
    },
  }
}
