import {
  assembleBundle,
  assembleCertificate,
  ed25519PublicKey,
  encodeBundle,
  encodeCertificate,
  encodeKrl,
  fingerprintOf,
  hostPrincipalOf,
  parsePublicKey,
  principalOf,
  SshError,
  validityOf,
  type CertificateFields,
} from '@holdfast/crypto/ssh'
import type { Logger } from 'pino'
import { Problem, type ProblemCode } from '../problem.ts'
import type { SshAuthorities } from './authorities.ts'
import type { CertificateRequest, RevocationsRequest } from './requests.ts'

export interface SignedCertificate {
  /** A line of OpenSSH. */
  certificate: string
  /** Unix seconds */
  validAfter: number
  validBefore: number
  authorityVersion: number
}

/**
 * Signs what it has written itself, from fields: an application that was broken into gets certificates for one account each, of the organisation
 * whose key signs, from now on and for minutes.
 */
export interface SshSigner {
  /** Throws `certificate_refused` and what looking up the authority may throw. */
  certificate(request: CertificateRequest): Promise<SignedCertificate>
  /** A bundle (`verifyBundle`). Throws `revocations_refused`. */
  revocations(request: RevocationsRequest): Promise<Buffer>
}

const refusing = <T>(code: ProblemCode, work: () => T): T => {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof SshError) throw new Problem(code, cause.message, { reason: cause.code }, { cause })
    throw cause
  }
}

type Particulars = Pick<CertificateFields, 'principals' | 'criticalOptions' | 'extensions'>

const particularsOf = (request: CertificateRequest): Particulars => {
  if (request.kind === 'host') return { principals: [hostPrincipalOf(request), ...(request.names ?? [])] }
  const { forceCommand, sourceAddresses, extensions } = request
  return {
    principals: [principalOf(request)],
    criticalOptions: {
      ...(forceCommand === undefined ? {} : { forceCommand }),
      ...(sourceAddresses === undefined ? {} : { sourceAddresses }),
    },
    ...(extensions === undefined ? {} : { extensions }),
  }
}

interface SshSignerOptions {
  authorities: SshAuthorities
  log: Logger
  now: () => number
}

export const createSshSigner = ({ authorities, log, now }: SshSignerOptions): SshSigner => {
  const nowSeconds = () => Math.floor(now() / 1000)

  const certificate: SshSigner['certificate'] = async (request) => {
    const { org, kind, serial, keyId, lifetimeSeconds } = request
    const signer = await authorities.signer(org, kind, request.version)
    return refusing('certificate_refused', () => {
      const subject = parsePublicKey(request.publicKey)
      const grantEnd = kind === 'user' ? { endsAt: request.endsAt } : {}
      const validity = validityOf({ nowSeconds: nowSeconds(), lifetimeSeconds, ...grantEnd })
      const particulars = particularsOf(request)
      const authority = ed25519PublicKey(signer.publicKey)
      const bytes = encodeCertificate({ kind, subject, serial, keyId, ...particulars, ...validity, authority })
      const line = assembleCertificate(bytes, signer.sign(bytes))
      // The application cannot take back that it was asked for: every serial stands here.
      const [principal] = particulars.principals
      const about = { org, kind, serial: String(serial), keyId, principal, subject: fingerprintOf(subject), ...validity }
      log.info({ ...about, authorityVersion: signer.version }, 'certificate signed')
      return { certificate: line, ...validity, authorityVersion: signer.version }
    })
  }

  const revocations: SshSigner['revocations'] = async ({ org, kind, version, serials, keyIds, publicKeys, lifetimeSeconds }) => {
    const trusted = await authorities.signers(org, kind)
    const signers = await authorities.signers(org, 'revocations')
    const retired = await authorities.retired(org, kind)
    return refusing('revocations_refused', () => {
      const believed = trusted.map(({ publicKey }) => ed25519PublicKey(publicKey))
      const certificates = believed.map((authority) => ({ authority, serials, keyIds }))
      const createdAt = nowSeconds()
      // A host that believes a retired authority from elsewhere is told to stop.
      const krl = encodeKrl({ version, createdAt, certificates, keys: [...publicKeys.map(parsePublicKey), ...retired] })
      const pairs = signers.map((signer) => ({ ...signer, publicKey: ed25519PublicKey(signer.publicKey) }))
      const bytes = encodeBundle({
        ...{ org, kind, version, createdAt, expiresAt: createdAt + lifetimeSeconds, krl },
        authorities: believed,
        signers: pairs.map(({ publicKey }) => publicKey),
      })
      log.info({ org, kind, version: String(version), serials: serials.length, keyIds: keyIds.length }, 'revocations signed')
      return assembleBundle(
        bytes,
        pairs.map(({ publicKey, sign }) => ({ publicKey, signature: sign(bytes) })),
      )
    })
  }

  return { certificate, revocations }
}
