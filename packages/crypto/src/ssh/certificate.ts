import { randomBytes } from 'node:crypto'
import { reading, SshError } from './error.ts'
import { decodeOptions, encodeCriticalOptions, encodeExtensions, type CriticalOptions, type Extension } from './options.ts'
import { checkPrincipals } from './principal.ts'
import {
  formatLine,
  parseLine,
  publicKeyFromBlob,
  rawEd25519,
  readPublicKey,
  sameKey,
  verifyEd25519,
  type PublicKey,
} from './public-key.ts'
import { createReader, string, strings, u32, u64 } from './wire.ts'

/** Certificates of OpenSSH, version 01 (PROTOCOL.certkeys), signed by Ed25519. */

export type CertificateKind = 'user' | 'host'

export interface CertificateFields {
  kind: CertificateKind
  /** Whose certificate it is. */
  subject: PublicKey
  /** From 1; unique for its authority, or revoking it would revoke another too. */
  serial: bigint
  /** What sshd logs at a login: printable ASCII without spaces, at most 200. */
  keyId: string
  /** See `checkPrincipals`. */
  principals: readonly string[]
  /** Unix seconds; valid from `validAfter` until just before `validBefore`. */
  validAfter: number
  validBefore: number
  /** For users only. */
  criticalOptions?: CriticalOptions
  /** For users only. Default `permit-pty`. */
  extensions?: readonly Extension[]
  /** Ed25519 */
  authority: PublicKey
}

/** As read: nothing is known yet about signature, time or principals. */
export interface Certificate {
  readonly type: string
  readonly kind: CertificateKind
  readonly subject: PublicKey
  readonly serial: bigint
  readonly keyId: string
  readonly principals: readonly string[]
  /** Unix seconds. `validBefore` is Infinity for one that never expires. */
  readonly validAfter: number
  readonly validBefore: number
  /** Names and values; empty for those without a value. */
  readonly criticalOptions: ReadonlyMap<string, string>
  readonly extensions: ReadonlyMap<string, string>
  readonly authority: PublicKey
  readonly blob: Buffer
  /** The part of `blob` that is signed. */
  readonly signed: Buffer
  readonly signature: { readonly type: string; readonly bytes: Buffer }
}

const suffix = '-cert-v01@openssh.com'
const vendor = '@openssh.com'
const kindNumbers = { user: 1, host: 2 } as const
const nonceBytes = 32
const forever = 0xffff_ffff_ffff_ffffn
const maxLineLength = 65_536
const signatureType = 'ssh-ed25519'
const signatureBytes = 64
/** Accepted from a clock that is behind ours. */
const skewSeconds = 60

/** `sk-ssh-ed25519@openssh.com` becomes `sk-ssh-ed25519-cert-v01@openssh.com`. */
const certificateType = (keyType: string): string =>
  (keyType.endsWith(vendor) ? keyType.slice(0, -vendor.length) : keyType) + suffix

const keyTypeOf = (type: string): string => {
  if (!type.endsWith(suffix)) throw new SshError('malformed_certificate', 'not a certificate of version 01')
  const base = type.slice(0, -suffix.length)
  return base.startsWith('sk-') ? base + vendor : base
}

const checkFields = ({ kind, serial, keyId, validAfter, validBefore, criticalOptions, extensions }: CertificateFields): void => {
  if (serial < 1n || serial > forever) throw new SshError('serial_refused', 'a serial is from 1 to 2^64 - 1')
  if (!/^[\u0021-\u007e]{1,200}$/.test(keyId)) throw new SshError('key_id_refused', 'a key id is 1 to 200 printable characters')
  const times = Number.isSafeInteger(validAfter) && Number.isSafeInteger(validBefore)
  if (!times || validAfter < 0 || validBefore <= validAfter)
    throw new SshError('validity_refused', 'a certificate ends after it begins, at whole seconds')
  if (kind === 'host' && (criticalOptions !== undefined || extensions !== undefined))
    throw new SshError('option_refused', 'a host certificate has no options')
}

/**
 * The bytes to be signed. Throws `SshError`: `principal_refused`, `serial_refused`, `key_id_refused`, `validity_refused`,
 * `option_refused`, `key_not_accepted`.
 */
export const encodeCertificate = (fields: CertificateFields, nonce: Uint8Array = randomBytes(nonceBytes)): Buffer => {
  const { kind, subject, principals, authority, criticalOptions = {} } = fields
  checkFields(fields)
  checkPrincipals(kind, principals)
  if (!rawEd25519(authority)) throw new SshError('key_not_accepted', 'our authorities are Ed25519')
  const { extensions = kind === 'user' ? (['permit-pty'] as const) : [] } = fields
  return Buffer.concat([
    string(certificateType(subject.type)),
    string(nonce),
    subject.blob.subarray(4 + subject.type.length),
    u64(fields.serial),
    u32(kindNumbers[kind]),
    string(fields.keyId),
    strings(principals),
    u64(BigInt(fields.validAfter)),
    u64(BigInt(fields.validBefore)),
    encodeCriticalOptions(criticalOptions),
    encodeExtensions(extensions),
    string(''),
    string(authority.blob),
  ])
}

/** The line of a certificate from what `encodeCertificate` made and its Ed25519 signature. */
export const assembleCertificate = (signed: Buffer, signature: Uint8Array): string => {
  if (signature.length !== signatureBytes) throw new SshError('malformed_certificate', 'an Ed25519 signature has 64 bytes')
  const type = createReader(signed).text()
  return formatLine(type, Buffer.concat([signed, strings([signatureType, signature])]), '')
}

const secondsOf = (value: bigint): number => {
  if (value === forever) return Number.POSITIVE_INFINITY
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new SshError('malformed_certificate', 'a time beyond all calendars')
  return Number(value)
}

const kindOf = (number: number): CertificateKind => {
  if (number === kindNumbers.user) return 'user'
  if (number === kindNumbers.host) return 'host'
  throw new SshError('malformed_certificate', 'neither a user nor a host certificate')
}

const decode = (blob: Buffer): Certificate => {
  const reader = createReader(blob)
  const type = reader.text()
  const keyType = keyTypeOf(type)
  reader.string() // the nonce
  const subject = readPublicKey(keyType, reader, blob)
  const serial = reader.u64()
  const kind = kindOf(reader.u32())
  const keyId = reader.text()
  const principals = reader.texts()
  const [validAfter, validBefore] = [secondsOf(reader.u64()), secondsOf(reader.u64())]
  const criticalOptions = decodeOptions(reader.string())
  const extensions = decodeOptions(reader.string())
  reader.string() // reserved
  const authority = publicKeyFromBlob(reader.string())
  const signed = blob.subarray(0, reader.offset)
  const inner = createReader(reader.string())
  reader.end()
  // Security keys append flags and a counter to the signature.
  const signature = { type: inner.text(), bytes: inner.string() }
  if (signature.type === signatureType) inner.end()
  const names = { type, kind, subject, serial, keyId, principals }
  return { ...names, validAfter, validBefore, criticalOptions, extensions, authority, blob, signed, signature }
}

/** Reads `type base64 [comment]`. Throws `malformed_certificate`, `malformed_key`, `key_not_accepted`; checks no signature. */
export const parseCertificate = (line: string): Certificate =>
  reading('malformed_certificate', () => {
    const parsed = parseLine(line, maxLineLength)
    if (!parsed) throw new SshError('malformed_certificate', 'a certificate is one line: its type, base64 and perhaps a comment')
    const certificate = decode(parsed.blob)
    if (certificate.type !== parsed.type) throw new SshError('malformed_certificate', 'the bytes are of another type')
    return certificate
  })

/** One line without its newline, as in `id_ed25519-cert.pub`. */
export const formatCertificate = ({ type, blob }: Certificate, comment = ''): string => formatLine(type, blob, comment)

export interface Expectation {
  kind: CertificateKind
  principal: string
  /** Those that are believed for this kind. */
  authorities: readonly PublicKey[]
  nowSeconds: number
}

const knownOptions: readonly string[] = ['force-command', 'source-address', 'verify-required']

/**
 * What sshd checks, for those who look before or after it. Throws `SshError`: `other_authority`, `not_authentic`, `other_kind`, `other_principal`
 * (also for none at all), `not_yet_valid`, `expired`, `option_refused` (an unknown critical option). Revocation is `isRevoked`.
 */
export const checkCertificate = (certificate: Certificate, { kind, principal, authorities, nowSeconds }: Expectation): void => {
  const refuse = (code: SshError['code'], message: string): never => {
    throw new SshError(code, message)
  }
  if (!authorities.some((believed) => sameKey(believed, certificate.authority)))
    refuse('other_authority', 'signed by an authority that is not believed here')
  const { authority, signed, signature } = certificate
  if (signature.type !== signatureType || !verifyEd25519(authority, signed, signature.bytes))
    refuse('not_authentic', 'the signature is wrong')
  if (certificate.kind !== kind) refuse('other_kind', `not a ${kind} certificate`)
  if (!certificate.principals.includes(principal)) refuse('other_principal', 'not for this principal')
  // We sign none for several accounts: whoever shows one had it signed by somebody else.
  if (kind === 'user' && certificate.principals.length > 1) refuse('other_principal', 'for other accounts too')
  if (nowSeconds < certificate.validAfter) refuse('not_yet_valid', 'not valid yet')
  if (nowSeconds >= certificate.validBefore) refuse('expired', 'no longer valid')
  for (const name of certificate.criticalOptions.keys())
    if (kind === 'host' || !knownOptions.includes(name)) refuse('option_refused', 'an unknown critical option')
}

/**
 * From a minute ago, for hosts whose clocks are behind, to the end of the lifetime or of the grant, whichever is first. Throws
 * `validity_refused` when that has passed.
 */
export const validityOf = ({
  nowSeconds,
  lifetimeSeconds,
  endsAt,
}: {
  nowSeconds: number
  lifetimeSeconds: number
  endsAt?: number
}) => {
  const validBefore = Math.floor(Math.min(nowSeconds + lifetimeSeconds, endsAt ?? Number.POSITIVE_INFINITY))
  if (!(validBefore > nowSeconds)) throw new SshError('validity_refused', 'it would have ended already')
  return { validAfter: Math.max(0, Math.floor(nowSeconds) - skewSeconds), validBefore }
}
