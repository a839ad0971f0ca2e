import type { CertificateKind } from './certificate.ts'
import { reading, SshError } from './error.ts'
import { parseKrl, type Krl } from './krl.ts'
import { publicKeyFromBlob, verifyEd25519, type PublicKey } from './public-key.ts'
import { createReader, string, strings, u64 } from './wire.ts'

/**
 * What a host is told to believe (docs/adr/0006-ssh-certificates.md): the authorities, the revocation list, until when, and who may say
 * so next time, all under one signature, since sshd itself sees neither who wrote a list nor that it is an old one.
 */

export interface BundleFields {
  org: string
  /** Whose certificates: for `user` it goes to sshd, for `host` to clients. */
  kind: CertificateKind
  version: bigint
  /** Unix seconds */
  createdAt: number
  expiresAt: number
  /** All whose certificates are to be believed now; newest first. */
  authorities: readonly PublicKey[]
  /** Whose bundles are to be believed from now on. Ed25519. */
  signers: readonly PublicKey[]
  krl: Buffer
}

export interface Bundle extends BundleFields {
  /** For `RevokedKeys`, byte for byte; never empty. */
  readonly krl: Buffer
  readonly revoked: Krl
}

export interface BundleSignature {
  publicKey: PublicKey
  /** Ed25519, 64 bytes */
  signature: Uint8Array
}

const magic = 'holdfast-revocations-v1'
const maxBytes = 32 * 1024 * 1024

/** The bytes to be signed by each of the signers. */
export const encodeBundle = ({ org, kind, version, createdAt, expiresAt, authorities, signers, krl }: BundleFields): Buffer =>
  Buffer.concat([
    string(magic),
    string(org),
    string(kind),
    u64(version),
    u64(BigInt(createdAt)),
    u64(BigInt(expiresAt)),
    strings(authorities.map(({ blob }) => blob)),
    strings(signers.map(({ blob }) => blob)),
    string(krl),
  ])

export const assembleBundle = (signed: Buffer, signatures: readonly BundleSignature[]): Buffer =>
  Buffer.concat([
    signed,
    strings(signatures.map(({ publicKey, signature }) => Buffer.concat([string(publicKey.blob), string(signature)]))),
  ])

const decode = (bytes: Buffer) => {
  if (bytes.length > maxBytes) throw new SshError('malformed_bundle', `a bundle has at most ${maxBytes} bytes`)
  const reader = createReader(bytes)
  if (reader.text() !== magic) throw new SshError('malformed_bundle', 'not a bundle of revocations')
  const org = reader.text()
  const kind = reader.text()
  if (kind !== 'user' && kind !== 'host') throw new SshError('malformed_bundle', 'neither for users nor for hosts')
  const version = reader.u64()
  const [createdAt, expiresAt] = [Number(reader.u64()), Number(reader.u64())]
  const authorities = reader.strings()
  const signers = reader.strings()
  const krl = reader.string()
  const signed = bytes.subarray(0, reader.offset)
  const signatures = reader.strings().map((signature) => {
    const inner = createReader(signature)
    const pair = { publicKey: inner.string(), signature: inner.string() }
    inner.end()
    return pair
  })
  reader.end()
  return { fields: { org, kind, version, createdAt, expiresAt, authorities, signers, krl } as const, signed, signatures }
}

const isSignedBy = (trusted: PublicKey, signed: Buffer, signatures: readonly { publicKey: Buffer; signature: Buffer }[]) => {
  const { signature } = signatures.find(({ publicKey }) => publicKey.equals(trusted.blob)) ?? {}
  return signature !== undefined && verifyEd25519(trusted, signed, signature)
}

export interface BundleExpectation {
  /** From the enrolment; later the `signers` of the bundle before. */
  trusted: readonly PublicKey[]
  org: string
  kind: CertificateKind
  /** The version held already, 0 at first; an older one is refused, the same one again is not. */
  minVersion: bigint
  nowSeconds: number
  /** What an expired bundle revokes stays revoked: true for one that was stored, and until a newer one arrives. */
  allowExpired?: boolean
}

/**
 * Throws `SshError`: `malformed_bundle`, `not_authentic`, `other_organisation`, `other_kind`, `older_version` (a rollback), `expired`,
 * and what the keys and the list inside may throw. Nothing of it may be used before it returns.
 */
export const verifyBundle = (bytes: Uint8Array, expected: BundleExpectation): Bundle =>
  reading('malformed_bundle', () => {
    const { fields, signed, signatures } = decode(Buffer.from(bytes))
    if (!expected.trusted.some((key) => isSignedBy(key, signed, signatures)))
      throw new SshError('not_authentic', 'no signature by a key that is believed here')
    if (fields.org !== expected.org) throw new SshError('other_organisation', 'a bundle of another organisation')
    if (fields.kind !== expected.kind) throw new SshError('other_kind', `not a bundle for ${expected.kind} certificates`)
    if (fields.version < expected.minVersion)
      throw new SshError('older_version', `version ${fields.version} is older than ${expected.minVersion}`)
    if (!expected.allowExpired && expected.nowSeconds >= fields.expiresAt)
      throw new SshError('expired', 'this bundle has expired')
    const [authorities, signers] = [fields.authorities.map(publicKeyFromBlob), fields.signers.map(publicKeyFromBlob)]
    if (signers.length === 0) throw new SshError('malformed_bundle', 'a bundle names its next signers')
    const revoked = parseKrl(fields.krl)
    if (revoked.version !== fields.version) throw new SshError('malformed_bundle', 'the list inside is of another version')
    return { ...fields, authorities, signers, revoked }
  })
