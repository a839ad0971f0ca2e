import type { Extension } from '@holdfast/crypto/ssh'
import { z } from 'zod'
import type { Purpose } from './authorities.ts'

interface CommonRequest {
  /** Organisation and host: 1 to 64 of a-z, 0-9, "_" and "-". */
  org: string
  host: string
  /** A line of OpenSSH. */
  publicKey: string
  /** From 1, never the same again for this authority. */
  serial: bigint
  /** At most 200 printable characters; stands in sshd's log. */
  keyId: string
  /** An older version of the authority that is not retired, while hosts learn of the new one. Default the current one. */
  version?: number
}

export interface UserCertificateRequest extends CommonRequest {
  kind: 'user'
  login: string
  /** At most 900. */
  lifetimeSeconds: number
  /** Unix seconds: the end of the grant, which the certificate does not outlive. */
  endsAt: number
  /** Default `permit-pty`. */
  extensions?: readonly Extension[]
  /** Canonical CIDR. */
  sourceAddresses?: readonly string[]
  forceCommand?: string
}

export interface HostCertificateRequest extends CommonRequest {
  kind: 'host'
  /** DNS names and addresses beside `o:<org>:h:<host>`; at most 16. */
  names?: readonly string[]
  /** At most 30 days. */
  lifetimeSeconds: number
}

export type SshCertificateRequest = UserCertificateRequest | HostCertificateRequest

export interface SshRevocations {
  org: string
  kind: 'user' | 'host'
  /** Larger than before whenever something changed: hosts refuse an older one. */
  version: bigint
  /** Of certificates that have not expired; at most 100,000. */
  serials: readonly bigint[]
  keyIds?: readonly string[]
  /** Lines of OpenSSH: every certificate for them. */
  publicKeys?: readonly string[]
  /** After which a host calls it stale; at most a day. */
  lifetimeSeconds: number
}

const Authority = z.object({
  current: z.int(),
  keys: z.array(
    z.object({
      version: z.int(),
      publicKey: z.string(),
      createdAt: z.string(),
      ageDays: z.int(),
      state: z.enum(['active', 'retired']),
    }),
  ),
})
const AuthoritiesReply = z.object({
  org: z.string(),
  authorities: z.object({ user: Authority, host: Authority, revocations: Authority }),
})
const Signed = z.object({
  /** A line of OpenSSH. */
  certificate: z.string(),
  /** Unix seconds */
  validAfter: z.int(),
  validBefore: z.int(),
  authorityVersion: z.int(),
})
const Refused = z.object({ problem: z.looseObject({ status: z.int() }) })
const CertificatesReply = z.object({ items: z.array(z.union([Signed, Refused])) })
const RevocationsReply = z.object({ bundle: z.base64().transform((text) => Buffer.from(text, 'base64')) })

/** Keys newest first, each with its public key as a line of OpenSSH; all that are not retired are to be believed. */
export type SshAuthorities = z.infer<typeof AuthoritiesReply>
export type SignedCertificate = z.infer<typeof Signed>

interface Transport {
  call: <T extends z.ZodType>(
    schema: T,
    method: 'POST' | 'DELETE',
    path: string,
    body: unknown,
    repeatable: boolean,
  ) => Promise<z.output<T>>
  refused: (status: number, problem: Record<string, unknown>) => Error
}

/** With the longest keys and commands it still fits into a body. */
const maxItems = 100
/** While so many calls are under way, others wait and go together. */
const maxUnderWay = 2

/** Joins what is asked for at about the same time into one call: most of what a certificate costs is the request it comes in. */
const joining = <T, R>(work: (items: T[]) => Promise<(R | Error)[]>): ((item: T) => Promise<R>) => {
  const waiting: { item: T; settle: (result: R | Error) => void }[] = []
  let underWay = 0
  const next = async (): Promise<void> => {
    if (underWay >= maxUnderWay || waiting.length === 0) return
    underWay += 1
    const batch = waiting.splice(0, maxItems)
    try {
      const results = await work(batch.map(({ item }) => item))
      for (const [index, { settle }] of batch.entries()) settle(results[index] ?? new Error('an answer is missing'))
    } catch (error) {
      for (const { settle } of batch) settle(error instanceof Error ? error : new Error(String(error)))
    }
    underWay -= 1
    void next()
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, settle: (result) => (result instanceof Error ? reject(result) : resolve(result)) })
      // After everybody who asks in this turn.
      queueMicrotask(() => void next())
    })
}

const certificateBody = (request: SshCertificateRequest) => ({ ...request, serial: String(request.serial) })

export const sshCalls = ({ call, refused }: Transport) => ({
  /** The organisation's authorities; made when there are none yet. */
  sshAuthorities: (org: string): Promise<SshAuthorities> => call(AuthoritiesReply, 'POST', '/v1/ssh/authorities', { org }, true),
  /** The new key signs at once unless a `version` is asked for; the old one stays believed until `retireSshAuthority`. */
  rotateSshAuthority: (org: string, purpose: Purpose): Promise<SshAuthorities> =>
    call(AuthoritiesReply, 'POST', '/v1/ssh/authorities/rotate', { org, purpose }, false),
  /** Never the current version. What it signed is then refused wherever a newer bundle arrives. */
  retireSshAuthority: (org: string, purpose: Purpose, version: number): Promise<SshAuthorities> =>
    call(AuthoritiesReply, 'DELETE', `/v1/ssh/authorities/${org}/${purpose}/versions/${version}`, undefined, true),
  /** Refused with `certificate_refused` (`details.errors` or `details.reason`), `ssh_authority_unknown`, `version_unknown`, `version_retired`. */
  signCertificate: joining<SshCertificateRequest, SignedCertificate>(async (requests) => {
    const body = { items: requests.map(certificateBody) }
    const { items } = await call(CertificatesReply, 'POST', '/v1/ssh/certificates', body, true)
    return items.map((item) => ('problem' in item ? refused(item.problem.status, item.problem) : item))
  }),
  /** The signed bundle for hosts or clients (`verifyBundle`). Refused with `revocations_refused`, `ssh_authority_unknown`. */
  signRevocations: async ({ version, serials, keyIds = [], publicKeys = [], ...rest }: SshRevocations): Promise<Buffer> => {
    const body = { ...rest, version: String(version), serials: serials.map(String), keyIds, publicKeys }
    return (await call(RevocationsReply, 'POST', '/v1/ssh/revocations', body, true)).bundle
  },
})
