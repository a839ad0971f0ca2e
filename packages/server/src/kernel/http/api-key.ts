import { equalTokens, type parseApiKey } from '@holdfast/crypto'
import { atLeast, type OrgId, type PersonId, type Plan, type Role, type Scope, type ServiceAccountId } from '@holdfast/contract'
import type { Gate } from '../gate.ts'
import { isInside } from '../identity/sign-in-policy.ts'
import { networksIn } from '../network.ts'
import type { ApiKeyPrincipal, ServicePrincipal } from '../principal.ts'
import { common } from '../problem.ts'
import type { Services } from '../services.ts'
import type { Credentials } from './authenticate.ts'

export type Presented = NonNullable<ReturnType<typeof parseApiKey>>

/** Compared with where there is no key, so that an unknown one takes as long as a known one. */
export const nobodysHash = Buffer.alloc(32)

interface ApiKeyRow {
  org_id: OrgId
  secret_hash: Buffer
  old_secret_hash: Buffer | null
  old_until: Date | null
  generation: number
  key_role: Role
  scopes: Scope[] | null
  networks: string[] | null
  person_id: PersonId
  person_state: string
  member_role: Role | null
  service_account_id: ServiceAccountId | null
  service_role: Role | null
  expires_at: Date | null
  revoked_at: Date | null
  org_is_operator: boolean
  plan: Plan
  /** Of the whole organisation. */
  org_networks: string[]
}

interface Options {
  services: Pick<Services, 'clock' | 'accessLog'>
  gate: Gate
  /** When the use of a key from elsewhere was last written down, by key. */
  lastNoted: Map<string, number>
}

/**
 * The generation of the secret that was shown: the current one, or until the end of an overlap the one before it; null for any other. Both are
 * compared whatever the first says.
 */
const generationOf = (row: ApiKeyRow | undefined, secretHash: Buffer, now: Date): number | null => {
  const current = equalTokens(row?.secret_hash ?? nobodysHash, secretHash)
  const before = equalTokens(row?.old_secret_hash ?? nobodysHash, secretHash)
  const overlaps = row?.old_until ? row.old_until > now : false
  if (row === undefined) return null
  if (current) return row.generation
  return before && overlaps ? row.generation - 1 : null
}

/** What the holder is now: the member, or the service account; null where neither may act any more. */
const liveRoleOf = (row: ApiKeyRow): Role | null => {
  if (row.service_account_id !== null) return row.service_role
  return row.person_state === 'active' ? row.member_role : null
}

/** A key that is good, from where it must not come: somebody else has it. Noted at most once a minute for each key. */
const mostNoted = 1_000
const noteElsewhere = (
  { services: { accessLog, clock }, lastNoted }: Options,
  row: ApiKeyRow,
  keyId: string,
  request: Credentials,
): void => {
  const at = clock.now()
  if (at.getTime() - (lastNoted.get(keyId) ?? 0) < 60_000) return
  if (lastNoted.size >= mostNoted) lastNoted.clear()
  lastNoted.set(keyId, at.getTime())
  accessLog.note({
    ...{ at, orgId: row.org_id, actor: row.service_account_id ?? row.person_id, session: keyId, operation: 'apiKey.use' },
    ...{ target: keyId, origin: { address: request.ip, agent: (request.headers['user-agent'] ?? '').slice(0, 300) } },
    ...{ permission: 'api_key', outcome: 'refused:other_network', rows: 0 },
  })
}

/** Whom a key acts as, never stronger than its holder is now. Everything is read anew at each request: an end of any kind bites at once. */
export const byApiKey = async (
  options: Options,
  { id, secretHash }: Presented,
  request: Credentials,
): Promise<ApiKeyPrincipal | ServicePrincipal> => {
  const { gate, services } = options
  const row = await gate.find<ApiKeyRow>('gate_api_key', id)
  const now = services.clock.now()
  const keyGeneration = generationOf(row, secretHash, now)
  if (keyGeneration === null || !row) throw common('unauthenticated')
  const live = liveRoleOf(row)
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now) || live === null)
    throw common('unauthenticated')
  if (row.networks !== null && !networksIn(row.networks)(request.ip)) {
    noteElsewhere(options, row, id, request)
    throw common('unauthenticated', { detail: 'This key does not work from where you call.' })
  }
  const { key_role: keyRole, scopes, org_id: orgId, org_is_operator: operator, plan } = row
  const role = atLeast(live, keyRole) ? keyRole : live
  const heldBack = isInside(row.org_networks, request.ip) ? null : 'network'
  if (row.service_account_id === null)
    return { kind: 'api_key', keyId: id, personId: row.person_id, orgId, operator, plan, role, scopes, heldBack }
  // What a service account's key does not name it does not do; the table allows none without.
  const named = scopes ?? []
  return {
    kind: 'service',
    serviceAccountId: row.service_account_id,
    keyId: id,
    keyGeneration,
    orgId,
    operator,
    plan,
    role,
    scopes: named,
    heldBack,
  }
}
