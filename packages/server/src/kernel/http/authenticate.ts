import { equalTokens, parseApiKey } from '@holdfast/crypto'
import {
  type AgentId,
  type DirectoryCredentialId,
  type DirectoryId,
  type HostId,
  type OrgId,
  type Plan,
  type PersonId,
  type Role,
  type SessionId,
  type StaffGrantId,
} from '@holdfast/contract'
import { mayStillSpeak } from '../access/leaving.ts'
import type { Gate } from '../gate.ts'
import { isRestricted } from '../identity/mfa.ts'
import { countsAttendance, heldBackBy, isOver, type SignInRules } from '../identity/sign-in-policy.ts'
import type { AgentPrincipal, DirectoryPrincipal, Principal, SessionPrincipal, StaffPrincipal } from '../principal.ts'
import { common } from '../problem.ts'
import type { Services } from '../services.ts'
import { createAttendance, type Attendance } from './attendance.ts'
import { accessCookieOf } from './cookies.ts'
import { byApiKey, nobodysHash, type Presented } from './api-key.ts'
import { createKeyUse } from './key-use.ts'

/** What a request shows of its caller. */
export interface Shown {
  headers: { authorization?: string | undefined; cookie?: string | undefined; 'user-agent'?: string | undefined }
}
export interface Credentials extends Shown {
  headers: Shown['headers'] & {
    /** `1`: a person is at it, as the console says. */
    'holdfast-attended'?: string | string[] | undefined
  }
  /** Where it comes from. */
  ip: string
}

export interface Authenticator {
  /**
   * Who calls: by API key, or by access cookie. One indexed read a request, so that a revocation or a change of role bites at once (C4).
   * Null for nobody; a key that is not valid is refused with `unauthenticated`, whatever cookies come along.
   */
  authenticate: (request: Credentials) => Promise<Principal | null>
  close: () => Promise<void>
}

interface SessionRow {
  person_id: PersonId
  org_id: OrgId
  role: Role | null
  live: boolean
  restricted: boolean
  mfa_at: Date | null
  auth_time: Date
  org_is_operator: boolean
  plan: Plan
  org_requires_mfa: boolean
  staff_grant_id: StaffGrantId | null
  staff_write: boolean | null
  staff_ends_at: Date | null
  signed_in_at: Date
  methods: string[]
  attended_at: Date | null
  policy: SignInRules | null
}
interface AgentRow {
  org_id: OrgId
  host_id: HostId
  secret_hash: Buffer
  state: string
  retired_at: Date | null
  left_at: Date | null
}
interface DirectoryRow {
  org_id: OrgId
  directory_id: DirectoryId
  kind: 'bearer' | 'client' | 'access' | 'test'
  secret_hash: Buffer
  expires_at: Date
  live: boolean
}

interface Options {
  services: Pick<Services, 'tokens' | 'clock' | 'ground' | 'accessLog'>
  gate: Gate
  attendance: Attendance
}

/** The role is the grant's, which the same read found live or not. */
const staffOf = (row: SessionRow, sessionId: SessionId, now: Date): StaffPrincipal => {
  const { person_id: personId, org_id: orgId, role, staff_grant_id: grantId, staff_write: write, staff_ends_at: endsAt } = row
  if (grantId === null) throw new Error('no session of staff')
  const live = role !== null && endsAt !== null && endsAt > now
  return {
    ...{ kind: 'staff', sessionId, grantId, personId, orgId, operator: false, plan: row.plan, role: role ?? 'viewer' },
    ...{ write: live && write === true, endsAt: live ? endsAt : null },
  }
}

/** The organisation's sign-in policy comes with the row, so that another one binds at the next request. */
const memberOf = (
  { services: { clock }, attendance }: Options,
  row: SessionRow & { role: Role },
  sessionId: SessionId,
  { ip, headers }: Credentials,
): SessionPrincipal | null => {
  const { person_id: personId, org_id: orgId, role, mfa_at: confirmedAt, policy } = row
  const now = clock.now()
  const attendedAt = attendance.since(sessionId, row.attended_at)
  const standing = { orgId, address: ip, signedInAt: row.signed_in_at, attendedAt, methods: row.methods }
  if (isOver(policy, standing, now)) return null
  const heldBack = heldBackBy(policy, standing, now)
  if (heldBack === null && headers['holdfast-attended'] === '1' && countsAttendance(policy))
    attendance.note(orgId, sessionId, now)
  const { restricted: sessionRestricted, org_requires_mfa: orgRequiresMfa } = row
  return {
    ...{ kind: 'session', sessionId, personId, orgId, role, plan: row.plan, heldBack },
    operator: row.org_is_operator,
    restricted: isRestricted({ role, orgRequiresMfa, sessionRestricted, confirmedAt }),
    factorConfirmedAt: confirmedAt,
    authenticatedAt: row.auth_time,
    signedInAt: row.signed_in_at,
  }
}

const bySession = async (options: Options, token: string, request: Credentials): Promise<Principal | null> => {
  const { tokens, clock } = options.services
  const claims = await tokens.verifyAccess(token, clock.now())
  if (!claims) return null
  const { sessionId, personId, orgId } = claims
  const row = await options.gate.find<SessionRow>('gate_session', sessionId)
  // The organisation of the token must still be the session's: a token from before a switch is stale.
  if (!row?.live || row.person_id !== personId || row.org_id !== orgId) return null
  if (row.staff_grant_id !== null) return staffOf(row, sessionId, clock.now())
  const { role } = row
  return role === null ? null : memberOf(options, { ...row, role }, sessionId, request)
}

const presentedIn = (header: string): Presented => {
  const given = /^bearer (?<key>\S+)$/i.exec(header)?.groups?.['key']
  const parsed = given === undefined ? null : parseApiKey(given)
  if (!parsed) throw common('unauthenticated')
  return parsed
}

/**
 * The agent of an enrolled host. Its key dies when the host is retired, but for its last word, and when another agent enrols for it.
 */
const byAgentKey = async ({ gate, services: { clock } }: Options, parsed: Presented): Promise<AgentPrincipal> => {
  const row = await gate.find<AgentRow>('gate_agent', parsed.id)
  const genuine = equalTokens(row?.secret_hash ?? nobodysHash, parsed.secretHash)
  if (!row || !genuine) throw common('unauthenticated')
  const leaving = mayStillSpeak({ retiredAt: row.retired_at, leftAt: row.left_at }, clock.now())
  if (row.state !== 'enrolled' && !leaving) throw common('unauthenticated')
  return { kind: 'agent', agentId: parsed.id as AgentId, hostId: row.host_id, orgId: row.org_id, leaving }
}

/** A directory's own token, or one that its OAuth client was given; the client's secret itself opens nothing but /oauth/token. */
const byDirectoryToken = async ({ gate, services: { clock } }: Options, parsed: Presented): Promise<DirectoryPrincipal> => {
  const row = await gate.find<DirectoryRow>('gate_directory', parsed.id)
  const genuine = equalTokens(row?.secret_hash ?? nobodysHash, parsed.secretHash)
  if (!row || !genuine || !row.live || row.expires_at <= clock.now() || row.kind === 'client') throw common('unauthenticated')
  const { org_id: orgId, directory_id: directoryId, kind } = row
  return { kind: 'directory', directoryId, credentialId: parsed.id as DirectoryCredentialId, orgId, test: kind === 'test' }
}

export const createAuthenticator = (given: Omit<Options, 'attendance'>): Authenticator => {
  const use = createKeyUse(given.services.ground)
  const attendance = createAttendance(given.services.ground)
  const options = { ...given, attendance }
  const keyed = { ...options, lastNoted: new Map<string, number>() }
  return {
    authenticate: async (request) => {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        const presented = presentedIn(authorization)
        const by = { ag: byAgentKey, dc: byDirectoryToken }[presented.id.slice(0, presented.id.indexOf('_'))]
        const principal = by ? await by(options, presented) : await byApiKey(keyed, presented, request)
        use.note(principal.orgId, presented.id, options.services.clock.now())
        return principal
      }
      const token = accessCookieOf(request)
      return token === null ? null : bySession(options, token, request)
    },
    close: async () => {
      await Promise.all([use.close(), attendance.close()])
    },
  }
}
