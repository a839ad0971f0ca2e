import { createHash } from 'node:crypto'
import type { Certificate } from './certificate.ts'
import { SshError } from './error.ts'
import { publicKeyFromBlob, sameKey, type PublicKey } from './public-key.ts'
import { decodeSerials, encodeSerials, type SerialRange } from './serial-sections.ts'
import { createReader, string, strings, u32, u64, u8, type Reader } from './wire.ts'

/** Key revocation lists of OpenSSH, version 1 (PROTOCOL.krl): what `RevokedKeys` of sshd and `RevokedHostKeys` of ssh read. */

export interface RevokedCertificates {
  /** Whose certificates; null means of any authority. */
  authority: PublicKey | null
  serials: readonly bigint[]
  /** Exact key ids. */
  keyIds: readonly string[]
}

export interface KrlFields {
  /** Grows with each change; sshd does not look at it. */
  version: bigint
  /** Unix seconds */
  createdAt: number
  comment?: string
  certificates?: readonly RevokedCertificates[]
  /** Whole keys, with every certificate for them; an authority's key revokes all it signed. */
  keys?: readonly PublicKey[]
  /** `SHA256:…` of whole keys. */
  fingerprints?: readonly string[]
}

export interface Krl {
  readonly version: bigint
  readonly createdAt: number
  readonly comment: string
  readonly certificates: readonly {
    readonly authority: PublicKey | null
    readonly serials: readonly SerialRange[]
    readonly keyIds: readonly string[]
  }[]
  readonly keys: readonly PublicKey[]
  /** SHA-256 of whole keys, 32 bytes each. */
  readonly fingerprints: readonly Buffer[]
}

const magic = 0x5353_484b_524c_0a00n // "SSHKRL\n\0"
const formatVersion = 1
const sections = { certificates: 1, keys: 2, sha256: 5 } as const
const keyIdSection = 0x23

const refused = (message: string) => new SshError('malformed_krl', message)

const digestOf = (fingerprint: string): Buffer => {
  const digest = Buffer.from(fingerprint.replace(/^SHA256:/, ''), 'base64')
  if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(fingerprint) || digest.length !== 32)
    throw refused('a fingerprint is SHA256: and 43 letters')
  return digest
}

/** Empty when there is nothing in it. */
const section = (type: number, contents: readonly Uint8Array[]): Buffer =>
  contents.length === 0 ? Buffer.alloc(0) : Buffer.concat([u8(type), strings(contents.toSorted(Buffer.compare))])

const certificateSection = ({ authority, serials, keyIds }: RevokedCertificates): Buffer => {
  if (keyIds.some((keyId) => !/^[\u0021-\u007e]{1,200}$/.test(keyId))) throw new SshError('key_id_refused', 'not a key id')
  const revoked = Buffer.concat([
    encodeSerials(serials),
    section(
      keyIdSection,
      [...new Set(keyIds)].map((keyId) => Buffer.from(keyId)),
    ),
  ])
  if (revoked.length === 0) return revoked
  const content = Buffer.concat([string(authority?.blob ?? ''), string(''), revoked])
  return Buffer.concat([u8(sections.certificates), string(content)])
}

/**
 * The bytes of a list. Never empty, even when nothing is revoked: an empty file lets everybody in. Throws `serial_refused`, `key_id_refused`,
 * `malformed_krl` for a fingerprint.
 */
export const encodeKrl = (fields: KrlFields): Buffer => {
  const { version, createdAt, comment = '', certificates = [], keys = [], fingerprints = [] } = fields
  return Buffer.concat([
    u64(magic),
    u32(formatVersion),
    u64(version),
    u64(BigInt(createdAt)),
    u64(0n), // flags
    string(''), // reserved
    string(comment),
    ...certificates.map(certificateSection),
    section(
      sections.keys,
      keys.map(({ blob }) => blob),
    ),
    section(sections.sha256, fingerprints.map(digestOf)),
  ])
}

const readAll = <T>(bytes: Buffer, read: (reader: Reader) => T): T[] => {
  const reader = createReader(bytes)
  const all: T[] = []
  while (!reader.done) all.push(read(reader))
  return all
}

const decodeCertificates = (content: Buffer): Krl['certificates'][number] => {
  const reader = createReader(content)
  const authority = reader.string()
  reader.string() // reserved
  const serials: SerialRange[] = []
  const keyIds: string[] = []
  while (!reader.done) {
    const type = reader.u8()
    const inner = reader.string()
    const found = decodeSerials(type, inner)
    if (found) serials.push(...found)
    else if (type === keyIdSection) keyIds.push(...readAll(inner, (ids) => ids.text()))
    else throw refused(`unknown section ${type} of certificates`)
  }
  return { authority: authority.length === 0 ? null : publicKeyFromBlob(authority), serials, keyIds }
}

const decode = (bytes: Uint8Array): Krl => {
  const reader = createReader(bytes)
  if (bytes.length < 8 || reader.u64() !== magic) throw refused('not a revocation list')
  if (reader.u32() !== formatVersion) throw refused('a revocation list of another version')
  const version = reader.u64()
  const createdAt = Number(reader.u64())
  reader.u64() // flags
  reader.string() // reserved
  const comment = reader.text()
  const certificates: Krl['certificates'][number][] = []
  const keys: PublicKey[] = []
  const fingerprints: Buffer[] = []
  while (!reader.done) {
    const type = reader.u8()
    const content = reader.string()
    if (type === sections.certificates) certificates.push(decodeCertificates(content))
    else if (type === sections.keys) keys.push(...readAll(content, (all) => publicKeyFromBlob(all.string())))
    else if (type === sections.sha256) fingerprints.push(...readAll(content, (all) => all.string()))
    else throw refused(`unknown section ${type}`)
  }
  if (fingerprints.some((digest) => digest.length !== 32)) throw refused('a SHA-256 has 32 bytes')
  return { version, createdAt, comment, certificates, keys, fingerprints }
}

/** Throws `malformed_krl`, also for sections that we never write (SHA-1, signatures, extensions): half understood is not safe. */
export const parseKrl = (bytes: Uint8Array): Krl => {
  try {
    return decode(bytes)
  } catch (cause) {
    if (cause instanceof SshError && cause.code !== 'malformed_krl') throw new SshError('malformed_krl', cause.message, { cause })
    throw cause
  }
}

const isKeyRevoked = ({ keys, fingerprints }: Krl, key: PublicKey): boolean => {
  if (keys.some((revoked) => sameKey(revoked, key))) return true
  const digest = createHash('sha256').update(key.blob).digest()
  return fingerprints.some((revoked) => revoked.equals(digest))
}

const isCertificateRevoked = ({ certificates }: Krl, { authority, serial, keyId }: Certificate): boolean =>
  certificates.some(
    (revoked) =>
      (revoked.authority === null || sameKey(revoked.authority, authority)) &&
      (revoked.keyIds.includes(keyId) ||
        (serial !== 0n && revoked.serials.some(({ from, to }) => from <= serial && serial <= to))),
  )

/** As sshd decides: by the key itself, by its authority's key, by serial or key id. */
export const isRevoked = (krl: Krl, what: Certificate | PublicKey): boolean => {
  if (!('authority' in what)) return isKeyRevoked(krl, what)
  return isKeyRevoked(krl, what.subject) || isKeyRevoked(krl, what.authority) || isCertificateRevoked(krl, what)
}
