import type { OrgId, PersonId, SessionId } from '@holdfast/contract'

/** What an access token says. No permission is in it: role and liveness are read at each request. */
export interface AccessClaims {
  personId: PersonId
  orgId: OrgId
  sessionId: SessionId
}

export const accessTokenMinutes = 15
export const refreshIdleDays = 7
export const refreshAbsoluteDays = 30

/** Issues and checks access tokens (JWT, EdDSA, `at+jwt`) and refresh tokens (C4). */
export interface Tokens {
  signAccess: (claims: AccessClaims, now: Date) => Promise<string>
  /** Null for anything but a live token of ours. */
  verifyAccess: (token: string, now: Date) => Promise<AccessClaims | null>
  /** `v1.<session>.<sequence>.<HMAC>`: the successor of a token is determined, so that racing refreshes agree. */
  refreshToken: (sessionId: SessionId, sequence: number) => Promise<string>
  /** Null for anything but a token that this installation made. */
  readRefresh: (token: string) => Promise<{ sessionId: SessionId; sequence: number } | null>
}
