import {
  mustHaveMfa,
  type HeldBack,
  type AgentId,
  type DirectoryCredentialId,
  type DirectoryId,
  type HostId,
  type OrgId,
  type Plan,
  type PersonId,
  type Role,
  type Scope,
  type ServiceAccountId,
  type SessionId,
  type StaffGrantId,
} from '@holdfast/contract'

interface Holder {
  orgId: OrgId
  /** What the caller may do now: the live role, capped by the key's. */
  role: Role
  /** Works in organisation one, whose managers run the installation. */
  operator: boolean
  /** The organisation's now; it comes with the row that says who calls. */
  plan: Plan
}
interface Member extends Holder {
  personId: PersonId
}

export interface SessionPrincipal extends Member {
  kind: 'session'
  sessionId: SessionId
  /** Has not satisfied the second factor it needs (C2). */
  restricted: boolean
  factorConfirmedAt: Date | null
  /** When a password or code was last confirmed. */
  authenticatedAt: Date
  /** The sign-in that the session descends from. */
  signedInAt: Date
  /** Why the organisation's sign-in policy lets it do next to nothing. */
  heldBack: HeldBack | null
}

export interface ApiKeyPrincipal extends Member {
  kind: 'api_key'
  keyId: string
  /** It comes from outside the organisation's networks. */
  heldBack: 'network' | null
  /** What the key was narrowed to; null: all its role has. */
  scopes: readonly Scope[] | null
}

/** A service account, by one of its keys. It is no person: nothing that asks for one is open to it (permit.ts). */
export interface ServicePrincipal extends Holder {
  kind: 'service'
  serviceAccountId: ServiceAccountId
  keyId: string
  /** Which of the key's secrets was shown: it counts rotations, and the one before still works while an overlap lasts. */
  keyGeneration: number
  scopes: readonly Scope[]
  /** It comes from outside the organisation's networks. */
  heldBack: 'network' | null
}

/** Somebody of the operator's staff in a customer's organisation, by the customer's grant (C5). What they may do stands in the grant alone. */
export interface StaffPrincipal extends Member {
  kind: 'staff'
  sessionId: SessionId
  grantId: StaffGrantId
  /** The grant allows some changes, too. */
  write: boolean
  /** Null: the grant has ended, and nothing can be done but leave. */
  endsAt: Date | null
}

/** The program on a managed host. It is no person: it has no role, and may call what is declared for agents and nothing else (permit.ts). */
export interface AgentPrincipal {
  kind: 'agent'
  agentId: AgentId
  hostId: HostId
  orgId: OrgId
  /** Its host was retired a moment ago: it may say that its sessions have ended, and nothing else. */
  leaving: boolean
}

/** A customer's directory, which writes its people and groups by SCIM. No person: it may call what is declared for directories and nothing else. */
export interface DirectoryPrincipal {
  kind: 'directory'
  directoryId: DirectoryId
  credentialId: DirectoryCredentialId
  orgId: OrgId
  /** In a self-test: sees and touches only what the test itself made. */
  test: boolean
}

/** A job of the platform itself, in one organisation. */
export interface SystemPrincipal {
  kind: 'system'
  job: string
  orgId: OrgId
}

/** Somebody, by session, by key, or by a customer's grant. */
export type PersonPrincipal = SessionPrincipal | ApiKeyPrincipal | StaffPrincipal
/** Whoever holds a role here. */
export type RolePrincipal = PersonPrincipal | ServicePrincipal
export type Principal = RolePrincipal | AgentPrincipal | DirectoryPrincipal | SystemPrincipal

export const isPerson = (principal: Principal): principal is PersonPrincipal =>
  principal.kind === 'session' || principal.kind === 'api_key' || principal.kind === 'staff'

export const hasRole = (principal: Principal): principal is RolePrincipal => isPerson(principal) || principal.kind === 'service'

/** Whose doing it is: the person, or the service account. */
export const holderOf = (principal: RolePrincipal): string =>
  principal.kind === 'service' ? principal.serviceAccountId : principal.personId

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
  if (principal.kind === 'session' || principal.kind === 'staff') return principal.personId
  if (principal.kind === 'agent') return principal.agentId
  if (principal.kind === 'directory') return principal.directoryId
  return principal.kind === 'system' ? principal.job : principal.keyId
}
