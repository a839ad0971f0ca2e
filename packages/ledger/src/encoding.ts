import { LedgerError } from './errors.ts'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The value of each lower-case hex digit by its character code; 255 for all other codes. */
const HEX_VALUE = new Uint8Array(256).fill(255)
for (let value = 0; value < 16; value++) HEX_VALUE[value.toString(16).charCodeAt(0)] = value

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function bytesToHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

/** Lower-case hex only: one value has one spelling. Throws `invalid_argument`. */
export function hexToBytes(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) throw new LedgerError('invalid_argument', 'not hex')
  const bytes = new Uint8Array(hex.length / 2)
  hexInto(hex, bytes)
  return bytes
}

/** As `hexToBytes`, filling `out`. */
export function hexInto(hex: string, out: Uint8Array): void {
  let bad = 0
  for (let i = 0; i < out.length; i++) {
    const first = hex.charCodeAt(2 * i)
    const second = hex.charCodeAt(2 * i + 1)
    const high = HEX_VALUE[first & 255]!
    const low = HEX_VALUE[second & 255]!
    // Above 15: not a digit, or a character above U+00FF that looks like one in its lower half.
    bad |= high | low | ((first | second) >> 4 > 15 ? 255 : 0)
    out[i] = (high << 4) | low
  }
  if (bad > 15 || hex.length !== 2 * out.length) throw new LedgerError('invalid_argument', 'not lower-case hex')
}

/** 16 bytes of a UUID in its lower-case text form. Throws `invalid_argument`. */
export function uuidToBytes(uuid: string): Uint8Array {
  if (!UUID.test(uuid)) throw new LedgerError('invalid_argument', 'not a lower-case UUID')
  return hexToBytes(uuid.replaceAll('-', ''))
}

export function bytesToUuid(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new LedgerError('invalid_argument', 'a UUID has 16 bytes')
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export function bytesToBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** Padded, canonical base64 (RFC 4648 §4) and nothing else, so that one value has one spelling. Throws `invalid_argument`. */
export function base64ToBytes(base64: string): Uint8Array {
  let text: string
  try {
    text = atob(base64)
  } catch (cause) {
    throw new LedgerError('invalid_argument', 'not base64', { cause })
  }
  if (btoa(text) !== base64) throw new LedgerError('invalid_argument', 'not canonical base64')
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Unsigned 64-bit big-endian. `value` is a safe integer: 2^53 − 1 microseconds is the year 2255. */
export function writeU64(target: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / 2 ** 32)
  const low = value >>> 0
  target[offset] = high >>> 24
  target[offset + 1] = high >>> 16
  target[offset + 2] = high >>> 8
  target[offset + 3] = high
  target[offset + 4] = low >>> 24
  target[offset + 5] = low >>> 16
  target[offset + 6] = low >>> 8
  target[offset + 7] = low
}

/** Not exact, and not a safe integer, above 2^53 − 1. */
export function readU64(source: Uint8Array, offset: number): number {
  return Number(new DataView(source.buffer, source.byteOffset, source.byteLength).getBigUint64(offset))
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** For public values: not constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
