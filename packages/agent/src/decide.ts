import {
  checkCertificate,
  isRevoked,
  parseCertificate,
  parseGrantKeyId,
  principalOf,
  SshError,
  type Certificate,
} from '@holdfast/crypto/ssh'
import type { Belief, Host } from './belief.ts'
import type { Grant } from './wire.ts'

/** Who asks to open a session: the login, and what sshd says of the authentication (`ExposeAuthInfo`, SSH_AUTH_INFO_0). */
export interface Login {
  login: string
  authInfo: string
}

export type Refusal =
  | 'agent_not_ready'
  | 'state_is_stale'
  | 'clock_unknown'
  | 'host_retired'
  | 'no_certificate'
  | 'certificate_refused'
  | 'certificate_revoked'
  | 'not_a_grant'
  | 'grant_unknown'
  | 'grant_of_another_login'
  | 'grant_not_started'
  | 'grant_ended'

export type Decision = { grant: Grant; certificate: Certificate } | { refused: Refusal; keyId?: string }

/** Null where the login was not by one certificate and nothing else. */
export const certificateIn = (authInfo: string): Certificate | null => {
  const methods = authInfo.split('\n').filter((line) => line.startsWith('publickey '))
  const [line] = methods
  if (line === undefined || methods.length > 1) return null
  try {
    return parseCertificate(line.slice('publickey '.length))
  } catch (error) {
    if (error instanceof SshError) return null
    throw error
  }
}

/** What sshd has checked, looked at a second time, and what it cannot see: whether the grant still runs. Pure. */
export const decide = (
  { login, authInfo }: Login,
  belief: Belief,
  host: Host,
  { nowMs, proved }: { nowMs: number; proved: boolean },
): Decision => {
  const certificate = certificateIn(authInfo)
  if (!certificate) return { refused: 'no_certificate' }
  const { keyId } = certificate
  const { settings, heardAtMs, bundle } = belief
  if (settings.whenStale === 'refuse' && nowMs - heardAtMs > settings.staleAfterSeconds * 1000)
    return { refused: 'state_is_stale', keyId }
  // After a start of the machine only the server says whether its clock is right: by a wrong one, what has ended would run on.
  if (settings.whenStale === 'refuse' && !proved) return { refused: 'clock_unknown', keyId }
  try {
    const principal = principalOf({ org: host.orgId, host: host.hostId, login })
    const nowSeconds = Math.floor(nowMs / 1000)
    checkCertificate(certificate, { kind: 'user', principal, authorities: bundle.authorities, nowSeconds })
  } catch (error) {
    if (error instanceof SshError) return { refused: 'certificate_refused', keyId }
    throw error
  }
  if (isRevoked(bundle.revoked, certificate) || isRevoked(bundle.revoked, certificate.subject))
    return { refused: 'certificate_revoked', keyId }
  return decideGrant(certificate, login, belief, nowMs)
}

const decideGrant = (certificate: Certificate, login: string, belief: Belief, nowMs: number): Decision => {
  const { keyId } = certificate
  const named = parseGrantKeyId(keyId)
  if (!named) return { refused: 'not_a_grant', keyId }
  if (belief.ended.has(named.grant)) return { refused: 'grant_ended', keyId }
  const grant = belief.grants.get(named.grant)
  if (!grant) return { refused: 'grant_unknown', keyId }
  if (grant.login !== login || grant.personId !== named.person) return { refused: 'grant_of_another_login', keyId }
  if (Date.parse(grant.startsAt) > nowMs) return { refused: 'grant_not_started', keyId }
  return Date.parse(grant.endsAt) <= nowMs ? { refused: 'grant_ended', keyId } : { grant, certificate }
}

/** Whether something may become known that lets this login in: the grant is newer than what we know, or the time is not known yet. */
export const mayBeNews = (decision: Decision): boolean =>
  'refused' in decision && (decision.refused === 'grant_unknown' || decision.refused === 'clock_unknown')
