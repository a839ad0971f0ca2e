import { mustHaveMfa, type AgentId, type HostId, type OrgId, type PersonId, type Role, type SessionId } from '@holdfast/contract'

interface Member {
  personId: PersonId
  orgId: OrgId
  /** What the caller may do now: the member's live role, capped by the key's. */
  role: Role
  /** Works in organisation one, whose managers run the installation. */
  operator: boolean
}

export interface SessionPrincipal extends Member {
  kind: 'session'
  sessionId: SessionId
  /** Has not satisfied the second factor it needs (C2). */
  restricted: boolean
  factorConfirmedAt: Date | null
  /** When a password or code was last confirmed. */
  authenticatedAt: Date
}

export interface ApiKeyPrincipal extends Member {
  kind: 'api_key'
  keyId: string
}

/** The program on a managed host. It is no person: it has no role, and may call what is declared for agents and nothing else (permit.ts). */
export interface AgentPrincipal {
  kind: 'agent'
  agentId: AgentId
  hostId: HostId
  orgId: OrgId
}

/** A job of the platform itself, in one organisation. */
export interface SystemPrincipal {
  kind: 'system'
  job: string
  orgId: OrgId
}

/** Somebody, by session or by key. */
export type PersonPrincipal = SessionPrincipal | ApiKeyPrincipal
export type Principal = PersonPrincipal | AgentPrincipal | SystemPrincipal

export const isPerson = (principal: Principal): principal is PersonPrincipal =>
  principal.kind === 'session' || principal.kind === 'api_key'

export const stepUpMinutes = 5

/** Until when risky operations are accepted without another code; null when a confirmation is needed now. */
export const stepUpUntil = (principal: SessionPrincipal, now: Date): Date | null => {
  const confirmed = principal.factorConfirmedAt ?? (mustHaveMfa(principal.role) ? null : principal.authenticatedAt)
  if (!confirmed) return null
  const until = new Date(confirmed.getTime() + stepUpMinutes * 60_000)
  return until > now ? until : null
}

/** The name under which a principal is counted, logged and recorded. */
export const principalId = (principal: Principal): string => {
  if (principal.kind === 'session') return principal.personId
  if (principal.kind === 'agent') return principal.agentId
  return principal.kind === 'api_key' ? principal.keyId : principal.job
}
