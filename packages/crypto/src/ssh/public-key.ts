import { createHash, createPublicKey, verify } from 'node:crypto'
import { reading, SshError } from './error.ts'
import { createReader, string, type Reader } from './wire.ts'

/** A public key of a person, a host or an authority. Never a certificate. */
export interface PublicKey {
  /** As in the first word of a line: `ssh-ed25519`, `ecdsa-sha2-nistp256` … */
  readonly type: string
  /** RFC 4253 §6.6, with its type. */
  readonly blob: Buffer
}

const ed25519 = 'ssh-ed25519'
const ed25519Bytes = 32
const minRsaBits = 2048
const maxRsaBits = 16_384
/** The longest, RSA of 16,384 bits, takes 2.1 kB. */
const maxBlobBytes = 4096
const maxLineLength = 8192

const malformed = (message: string, cause?: unknown) => new SshError('malformed_key', message, { cause })

const readEd25519 = (reader: Reader): void => {
  if (reader.string().length !== ed25519Bytes) throw malformed('an Ed25519 key has 32 bytes')
}

const curves = {
  nistp256: { name: 'P-256', bytes: 32 },
  nistp384: { name: 'P-384', bytes: 48 },
  nistp521: { name: 'P-521', bytes: 66 },
} as const

/** RFC 5656 §3.1. The point must be uncompressed and on its curve. */
const readEcdsa = (curve: keyof typeof curves) => (reader: Reader) => {
  if (reader.text() !== curve) throw malformed('the curve is not that of the type')
  const point = reader.string()
  const { name, bytes } = curves[curve]
  if (point.length !== 1 + 2 * bytes || point[0] !== 4) throw malformed('not an uncompressed point')
  const [x, y] = [point.toString('base64url', 1, 1 + bytes), point.toString('base64url', 1 + bytes)]
  try {
    createPublicKey({ key: { kty: 'EC', crv: name, x, y }, format: 'jwk' })
  } catch (cause) {
    throw malformed('the point is not on its curve', cause)
  }
}

const readRsa = (reader: Reader): void => {
  const exponent = reader.mpint()
  const modulus = reader.mpint()
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  const odd = (number: Buffer) => ((number.at(-1) ?? 0) & 1) === 1
  if (!odd(exponent) || !odd(modulus) || exponent.length > 8 || (exponent.length === 1 && exponent[0] === 1))
    throw malformed('these numbers are no RSA key')
  if (bits < minRsaBits || bits > maxRsaBits)
    throw new SshError('key_not_accepted', `RSA of ${bits} bits; at least ${minRsaBits} are needed`)
}

/** PROTOCOL.u2f: the key of a security key ends in the application, `ssh:` unless chosen otherwise. */
const withApplication = (read: (reader: Reader) => void) => (reader: Reader) => {
  read(reader)
  reader.text()
}

/** What follows the type, in a key as in a certificate. */
const kinds = new Map<string, (reader: Reader) => void>([
  [ed25519, readEd25519],
  ['sk-ssh-ed25519@openssh.com', withApplication(readEd25519)],
  ['ecdsa-sha2-nistp256', readEcdsa('nistp256')],
  ['ecdsa-sha2-nistp384', readEcdsa('nistp384')],
  ['ecdsa-sha2-nistp521', readEcdsa('nistp521')],
  ['sk-ecdsa-sha2-nistp256@openssh.com', withApplication(readEcdsa('nistp256'))],
  ['ssh-rsa', readRsa],
])

/** Reads the part of a key after its type, and returns the whole. Throws `malformed_key`, `key_not_accepted`. */
export const readPublicKey = (type: string, reader: Reader, bytes: Buffer): PublicKey => {
  const read = kinds.get(type)
  if (!read) throw new SshError('key_not_accepted', 'this kind of key is not accepted')
  const start = reader.offset
  reading('malformed_key', () => read(reader))
  return { type, blob: Buffer.concat([string(type), bytes.subarray(start, reader.offset)]) }
}

/** Throws `malformed_key`, `key_not_accepted`. */
export const publicKeyFromBlob = (bytes: Uint8Array): PublicKey =>
  reading('malformed_key', () => {
    if (bytes.length > maxBlobBytes) throw malformed('too long for a key')
    const blob = Buffer.from(bytes)
    const reader = createReader(blob)
    const key = readPublicKey(reader.text(), reader, blob)
    reader.end()
    return key
  })

/** Strict base64: Buffer would skip what is not of the alphabet, and read two spellings as one key. */
const fromBase64 = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

/** The type and bytes of a line `type base64 comment`, the form of keys and of certificates. */
export const parseLine = (line: string, maxLength: number): { type: string; blob: Buffer } | null => {
  const trimmed = line.trim()
  if (trimmed.length > maxLength || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(trimmed)) return null
  const [type = '', base64 = ''] = trimmed.split(/[ \t]+/, 2)
  const blob = fromBase64(base64)
  return blob && blob.length > 0 ? { type, blob } : null
}

/** Reads `type base64 [comment]`; options before the type are not read. Throws `malformed_key`, `key_not_accepted`. */
export const parsePublicKey = (line: string): PublicKey => {
  const parsed = parseLine(line, maxLineLength)
  if (!parsed) throw malformed('a public key is one line: its type, base64 and perhaps a comment')
  const key = publicKeyFromBlob(parsed.blob)
  if (key.type !== parsed.type) throw malformed('the bytes are of another type than the line says')
  return key
}

export const formatLine = (type: string, blob: Buffer, comment: string): string => {
  if (/[\u0000-\u001f\u007f]/.test(comment)) throw new SshError('line_refused', 'a comment has no control characters')
  return `${type} ${blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}`
}

/** One line without its newline, as in `id_ed25519.pub` and `TrustedUserCAKeys`. Throws `line_refused` for the comment. */
export const formatPublicKey = ({ type, blob }: PublicKey, comment = ''): string => formatLine(type, blob, comment)

/** From the 32 bytes. Throws `malformed_key`. */
export const ed25519PublicKey = (raw: Uint8Array): PublicKey => publicKeyFromBlob(Buffer.concat([string(ed25519), string(raw)]))

/** The 32 bytes of an Ed25519 key, or null for another kind. */
export const rawEd25519 = ({ type, blob }: PublicKey): Buffer | null =>
  type === ed25519 ? blob.subarray(blob.length - ed25519Bytes) : null

const signatureBytes = 64

/** False for a wrong signature, and for keys of another kind. */
export const verifyEd25519 = (publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): boolean => {
  const raw = rawEd25519(publicKey)
  if (!raw || signature.length !== signatureBytes) return false
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' })
  return verify(null, message, key, signature)
}

/** `SHA256:…`, as `ssh-keygen -l` and the logs of sshd write it. */
export const fingerprintOf = ({ blob }: PublicKey): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

export const sameKey = (a: PublicKey, b: PublicKey): boolean => a.blob.equals(b.blob)
