import { AccessPolicyId, DatabaseId, GrantId, HostId, PersonId, Role, type AccessPolicy } from '@holdfast/contract'
import { sql, type Selectable } from 'kysely'
import type { z } from 'zod'
import { presentRequester, requesterColumns } from '../../kernel/access/requester.ts'
import type { AccessGrantTable } from '../../kernel/access/tables.ts'
import type { Entered } from '../../kernel/handle.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { heldBy } from './machines.ts'
import { idOf, mayDecide, type Asker } from '../../kernel/access/entitled.ts'
import { stateAt } from './rules.ts'

export type GrantRow = Selectable<AccessGrantTable>

export const grantColumns = [
  ...([
    'id',
    'policyId',
    'policyVersion',
    'hostId',
    'databaseId',
    'login',
    'personId',
    'serviceAccountId',
    'keyId',
    'keyGeneration',
    'requesterId',
    'seconds',
    'notBefore',
    'reasonSealed',
    'ticket',
  ] as const),
  ...([
    'extensions',
    'sourceNetworks',
    'extendsId',
    'requestHash',
    'requestedAt',
    'requestExpiresAt',
    'state',
    'startsAt',
  ] as const),
  ...([
    'endsAt',
    'endedAt',
    'endReason',
    'endedBy',
    'decisionSealed',
    'endSequence',
    'toldAt',
    'confirmedAt',
    'confirmedBy',
  ] as const),
] as const

export const reasonPlace = (row: string) => ({ table: 'access_grant', column: 'reason_sealed', row })

/** Locks the grant until commit: of two who would change it at once, the second sees what the first did. */
export const lockGrant = (tx: OrgTx, id: string): Promise<GrantRow | undefined> =>
  tx.selectFrom('accessGrant').select(grantColumns).where('id', '=', id).forUpdate().executeTakeFirst()

/** The same, and before it the grant that it extends: whoever locks several does so in the order of their ids. */
export const lockWithExtended = async (tx: OrgTx, id: string): Promise<GrantRow | undefined> => {
  const rows = await tx
    .selectFrom('accessGrant')
    .select(grantColumns)
    .where(({ or, eb, selectFrom }) =>
      or([eb('id', '=', id), eb('id', '=', selectFrom('accessGrant as e').select('e.extendsId').where('e.id', '=', id))]),
    )
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.find((row) => row.id === id)
}

/** Live roles; who is no member is missing. */
export const rolesOf = async (tx: OrgTx, people: readonly string[]): Promise<Map<string, Role>> => {
  if (people.length === 0) return new Map()
  const rows = await tx
    .selectFrom('membership')
    .select(['personId', 'role'])
    .where('personId', 'in', [...new Set(people)])
    .execute()
  return new Map(rows.map(({ personId, role }) => [personId, Role.parse(role)]))
}

export const approvalsOf = (tx: OrgTx, ids: readonly string[]) =>
  tx
    .selectFrom('grantApproval')
    .select(['grantId', 'personId', 'requestHash', 'at'])
    .where('grantId', 'in', ids)
    .orderBy('at')
    .execute()

const selectGrants = (tx: OrgTx) =>
  tx
    .selectFrom('accessGrant as g')
    .leftJoin('host as h', 'h.id', 'g.hostId')
    .leftJoin('managedDatabase as d', 'd.id', 'g.databaseId')
    .innerJoin('accessPolicy as p', 'p.id', 'g.policyId')
    .leftJoin('serviceAccount as a', 'a.id', 'g.serviceAccountId')
    .select(grantColumns.map((column) => `g.${column}` as const))
    .select(requesterColumns)
    .select(['p.name as policyName', 'p.approvers', 'p.approvals', 'p.state as policyState'])
    .select(['p.version as currentVersion', 'p.kind', 'h.retiredAt', 'h.leftAt'])
    .select(({ fn }) => [
      fn.coalesce('h.name', 'd.name').as('targetName'),
      fn.coalesce('h.environment', 'd.environment').as('environment'),
    ])

type Shown = Awaited<ReturnType<ReturnType<typeof selectGrants>['execute']>>[number]
type Approvals = Awaited<ReturnType<typeof approvalsOf>>

const instant = (date: Date | null): string | null => date?.toISOString() ?? null

/** The caller, and the service accounts whose secret they may hold. */
interface Viewer {
  caller: Asker
  holds: ReadonlySet<string>
}

const mayApproveNow = (row: Shown, approvals: Approvals, { caller, holds }: Viewer, now: Date): boolean =>
  'personId' in caller &&
  stateAt(row, now) === 'requested' &&
  row.policyState === 'active' &&
  row.currentVersion === row.policyVersion &&
  !holds.has(row.requesterId) &&
  row.personId !== caller.personId &&
  approvals.every(({ personId }) => personId !== caller.personId) &&
  mayDecide({ approvers: row.approvers as z.infer<typeof AccessPolicy>['approvers'] }, caller)

const present = async ({ vault }: Pick<Entered, 'vault'>, row: Shown, approvals: Approvals, viewer: Viewer, now: Date) => {
  const state = stateAt(row, now)
  return {
    id: GrantId.parse(row.id),
    state,
    endReason: state === 'ended' ? (row.endReason ?? ('expired' as const)) : null,
    kind: row.kind,
    hostId: row.hostId === null ? null : HostId.parse(row.hostId),
    databaseId: row.databaseId === null ? null : DatabaseId.parse(row.databaseId),
    targetName: row.targetName ?? '',
    environment: row.environment ?? '',
    login: row.login,
    ...presentRequester(row),
    policyId: AccessPolicyId.parse(row.policyId),
    policyVersion: row.policyVersion,
    seconds: row.seconds,
    notBefore: instant(row.notBefore),
    reason: await vault.openText('org', reasonPlace(row.id), row.reasonSealed),
    ticket: row.ticket,
    extensions: row.extensions,
    sourceNetworks: row.sourceNetworks,
    extendsId: row.extendsId === null ? null : GrantId.parse(row.extendsId),
    requestHash: row.requestHash,
    requestedAt: row.requestedAt.toISOString(),
    requestExpiresAt: row.requestExpiresAt.toISOString(),
    approvals: approvals.map(({ personId, at }) => ({ personId: PersonId.parse(personId), at: at.toISOString() })),
    approvalsNeeded: row.approvals,
    startsAt: instant(row.startsAt),
    endsAt: instant(row.endsAt),
    endedAt: instant(row.endedAt ?? (state === 'ended' ? row.endsAt : null)),
    mayApprove: mayApproveNow(row, approvals, viewer, now),
  }
}

type Reader = Pick<Entered, 'tx' | 'vault'>

const presentAll = async (reader: Reader, rows: Shown[], caller: Asker, now: Date) => {
  if (rows.length === 0) return []
  const approvals = Map.groupBy(
    await approvalsOf(
      reader.tx,
      rows.map(({ id }) => id),
    ),
    ({ grantId }) => grantId,
  )
  const accounts = rows.flatMap(({ state, serviceAccountId }) =>
    state === 'requested' && serviceAccountId !== null ? [serviceAccountId] : [],
  )
  const holds = 'personId' in caller ? await heldBy(reader.tx, accounts, caller.personId, now) : new Set<string>()
  return Promise.all(rows.map((row) => present(reader, row, approvals.get(row.id) ?? [], { caller, holds }, now)))
}

/** One grant as the caller sees it, with the row it was made of. */
export const readGrant = async (reader: Reader, id: string, caller: Asker, now: Date) => {
  const row = await selectGrants(reader.tx).where('g.id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const [shown] = await presentAll(reader, [row], caller, now)
  return shown && { shown, row }
}

/** The same, where it is known to be there. */
export const showGrant = async (reader: Reader, id: string, caller: Asker, now: Date) => {
  const found = await readGrant(reader, id, caller, now)
  if (!found) throw new Error('the grant is gone')
  return found.shown
}

export interface Wanted {
  show: 'all' | 'mine' | 'to_approve'
  state?: GrantRow['state'] | undefined
  hostId?: string | undefined
  databaseId?: string | undefined
  personId?: string | undefined
  serviceAccountId?: string | undefined
}

const inState = (query: ReturnType<typeof selectGrants>, state: GrantRow['state'], now: Date) =>
  query.where(({ eb, and, or }) => {
    if (state === 'approved') return and([eb('g.state', '=', state), eb('g.endsAt', '>', now)])
    if (state === 'requested') return and([eb('g.state', '=', state), eb('g.requestExpiresAt', '>', now)])
    const unnoted = state === 'ended' ? and([eb('g.state', '=', 'approved'), eb('g.endsAt', '<=', now)]) : null
    const unanswered = state === 'lapsed' ? and([eb('g.state', '=', 'requested'), eb('g.requestExpiresAt', '<=', now)]) : null
    return or([eb('g.state', '=', state), ...[unnoted, unanswered].filter((option) => option !== null)])
  })

interface Looking {
  caller: Asker
  /** Whoever may not oversee sees their own only. */
  own: boolean
  after: string | null
  limit: number
  now: Date
}

/** What a person could approve; nothing, for a service account. */
const toApprove = (query: ReturnType<typeof selectGrants>, caller: Asker, now: Date) => {
  if (!('personId' in caller)) return query.where(sql<boolean>`false`)
  const { personId, role } = caller
  return inState(query, 'requested', now)
    .where('g.requesterId', '!=', personId)
    .where(sql<boolean>`(p.approvers -> 'roles' ? ${role} or p.approvers -> 'personIds' ? ${personId})`)
    .where(
      sql<boolean>`(g.service_account_id is null or ${personId}::text not in (select service_account_holders(g.service_account_id, ${now}::timestamptz)))`,
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('grantApproval as y')
            .select('y.grantId')
            .whereRef('y.grantId', '=', 'g.id')
            .where('y.personId', '=', personId),
        ),
      ),
    )
}

/** The rows that somebody's list has, the newest first. */
export const findGrants = (tx: OrgTx, wanted: Wanted, { caller, own, after, limit, now }: Looking): Promise<Shown[]> => {
  let query = selectGrants(tx)
  if (own || wanted.show === 'mine') query = query.where('g.requesterId', '=', idOf(caller))
  if (wanted.hostId !== undefined) query = query.where('g.hostId', '=', wanted.hostId)
  if (wanted.databaseId !== undefined) query = query.where('g.databaseId', '=', wanted.databaseId)
  if (wanted.personId !== undefined) query = query.where('g.personId', '=', wanted.personId)
  if (wanted.serviceAccountId !== undefined) query = query.where('g.serviceAccountId', '=', wanted.serviceAccountId)
  if (after !== null) query = query.where('g.id', '<', after)
  if (wanted.show === 'to_approve') query = toApprove(query, caller, now)
  if (wanted.state !== undefined) query = inState(query, wanted.state, now)
  return query.orderBy('g.id', 'desc').limit(limit).execute()
}

export const readGrants = async (reader: Reader, wanted: Wanted, looking: Looking) =>
  presentAll(reader, await findGrants(reader.tx, wanted, looking), looking.caller, looking.now)
