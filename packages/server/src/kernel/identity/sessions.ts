import { SessionId, type OrgId, type PersonId, type StaffGrantId } from '@holdfast/contract'
import type { Cookies, Entered, Origin } from '../handle.ts'
import { newIdOf } from '../identifier.ts'
import { common } from '../problem.ts'
import type { SessionPrincipal } from '../principal.ts'
import { after, days, refreshAbsoluteDays, refreshIdleDays } from './lifetimes.ts'
import type { ShownMethod } from './sign-in-policy.ts'
import type { AccessClaims, Tokens } from './tokens.ts'
import './tables.ts'

export interface NewSession {
  personId: PersonId
  /** Where it works; the transaction may have entered another of the person's organisations. */
  orgId: OrgId
  /** Whether a second factor must be confirmed before anything else. */
  restricted: boolean
  /** How the person proved who they are (RFC 8176): `pwd`, `otp`. */
  amr: string[]
  mfaAt: Date | null
  authTime: Date
  origin: Origin
  /** The sign-in it descends from: no session outlives it by more than 30 days, and an organisation may ask for less. */
  signedInAt: Date
  /** What was shown since then that signs in by itself. */
  methods: readonly string[]
  /** When a person was last at it; null keeps it locked. */
  attendedAt: Date | null
  /** By whose word, where an organisation's own provider said who it is: the session works in that organisation only. */
  ssoConnectionId?: string | null
  /** For a session of staff in a customer's organisation. */
  staffGrantId?: StaffGrantId
}

export const sessionPlace = (column: 'user_agent_sealed' | 'ip_sealed', row: string) => ({ table: 'session', column, row })

/** Starts a session under a new id. The transaction must have been entered as the person. */
export const startSession = async ({ tx, vault }: Entered, session: NewSession, now: Date): Promise<SessionId> => {
  const { origin, personId, methods, ...others } = session
  const id = newIdOf(SessionId, 'se')
  const scope = { person: personId }
  const expiresAt = after(session.signedInAt, days(refreshAbsoluteDays))
  const idle = after(now, days(refreshIdleDays))
  const values = {
    ...others,
    id,
    personId,
    methods: [...methods],
    expiresAt,
    idleExpiresAt: idle < expiresAt ? idle : expiresAt,
    createdAt: now,
    lastSeenAt: now,
    userAgentSealed: await vault.seal(scope, sessionPlace('user_agent_sealed', id), origin.agent),
    ipSealed: await vault.seal(scope, sessionPlace('ip_sealed', id), origin.address),
    revokedAt: null,
    revokeReason: null,
  }
  await tx.insertInto('session').values(values).execute()
  return id
}

/** What a confirmation or a switch changes; the rest is carried over. `amr`: what was shown beside what was shown before. */
export type SessionChange = Partial<Pick<NewSession, 'orgId' | 'restricted' | 'mfaAt' | 'authTime' | 'amr'>> & {
  /** Shown now. */
  shown?: ShownMethod
}

/** Ends a session that goes on under another id. Throws `unauthenticated` when it was ended meanwhile: a revoked session does not come back. */
export const endToReplace = async (
  { tx }: Pick<Entered, 'tx'>,
  current: Pick<SessionPrincipal, 'sessionId' | 'personId'>,
  now: Date,
) => {
  const old = await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: 'replaced' })
    .where('id', '=', current.sessionId)
    .where('personId', '=', current.personId)
    .where('revokedAt', 'is', null)
    .returning(['restricted', 'amr', 'mfaAt', 'authTime', 'signedInAt', 'methods', 'attendedAt', 'ssoConnectionId'])
    .executeTakeFirst()
  if (!old) throw common('unauthenticated')
  return old
}

/**
 * A proof unlocks. What counts in another organisation is the last proof, not that somebody was active in this one: else an abandoned session
 * could be taken where nothing locks it, and brought along.
 */
const attendedOf = (
  old: { attendedAt: Date | null; authTime: Date },
  { authTime, orgId }: Pick<SessionChange, 'authTime' | 'orgId'>,
): Date | null => {
  if (authTime) return authTime
  return orgId === undefined || old.attendedAt === null ? old.attendedAt : old.authTime
}

/** Continues a session under a new id, so that an id known from before gains nothing (fixation). Whoever proves who they are is there. */
export const replaceSession = async (
  entered: Entered,
  current: SessionPrincipal,
  { shown, ...change }: SessionChange,
  origin: Origin,
  now: Date,
): Promise<SessionId> => {
  const old = await endToReplace(entered, current, now)
  const { personId, orgId } = current
  const amr = [...new Set([...old.amr, ...(change.amr ?? [])])]
  const methods = shown === undefined ? old.methods : [...new Set([...old.methods, shown])]
  const carried = { ...old, personId, orgId, origin, ...change, amr, methods, attendedAt: attendedOf(old, change) }
  return startSession(entered, carried, now)
}

/** Whether it began by the word of its organisation's own provider, which reaches that organisation and nothing that counts elsewhere. */
export const isBySignOn = async ({ tx }: Pick<Entered, 'tx'>, id: SessionId): Promise<boolean> => {
  const row = await tx.selectFrom('session').select('ssoConnectionId').where('id', '=', id).executeTakeFirst()
  return row !== undefined && row.ssoConnectionId !== null
}

/** Ends a person's sessions, in whichever organisation unless `within` one, but for one; returns how many. */
export const endSessions = async (
  { tx }: Entered,
  personId: PersonId,
  reason: string,
  now: Date,
  except?: SessionId,
  within: OrgId | null = null,
): Promise<number> => {
  const ended = await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: reason })
    .where('personId', '=', personId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .$if(except !== undefined, (query) => query.where('id', '!=', except ?? ''))
    .$if(within !== null, (query) => query.where('orgId', '=', within ?? ''))
    .returning('id')
    .execute()
  return ended.length
}

/** The tokens of a session for the caller's browser. */
export const cookiesFor = async (tokens: Tokens, claims: AccessClaims, sequence: number, now: Date): Promise<Cookies> => ({
  set: { access: await tokens.signAccess(claims, now), refresh: await tokens.refreshToken(claims.sessionId, sequence) },
})
