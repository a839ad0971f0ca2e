import { worstSkewSeconds } from '@holdfast/contract'
import type { Problem } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { GrantRow } from './rows.ts'
import type { TargetFacts } from '../../kernel/access/entitled.ts'

/** What access is to. */
export interface Target extends TargetFacts {
  name: string
  /** Of a server. */
  clockSkewSeconds?: number | null
}

/** The right kind of risk, for clearance. */
export const riskOf = ({ databaseId }: Pick<GrantRow, 'databaseId'>) =>
  databaseId === null ? 'server_access' : 'database_access'

export const targetColumns = ({ kind, id }: Target): { hostId: string | null; databaseId: string | null } =>
  kind === 'host' ? { hostId: id, databaseId: null } : { hostId: null, databaseId: id }

type RefuseHost = (code: 'host_not_found' | 'host_not_enrolled') => Problem

/** A host that can be entered: enrolled, and not retired. */
export const hostFor = async (tx: OrgTx, id: string, refuse: RefuseHost) => {
  const row = await tx
    .selectFrom('host')
    .select(['id', 'name', 'environment', 'labels', 'address', 'port', 'state', 'recorderLogin', 'clockSkewSeconds'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw refuse('host_not_found')
  if (row.state !== 'enrolled') throw refuse('host_not_enrolled')
  return row
}

/** Where sshd would judge a certificate by a clock that is wrong, none is made: it would open nothing, or for longer than it says. */
export const requireRightClock = (
  { name, clockSkewSeconds }: { name: string; clockSkewSeconds: number | null },
  refuse: (code: 'host_clock_wrong', detail: string) => Problem,
): void => {
  const skew = clockSkewSeconds ?? 0
  if (Math.abs(skew) <= worstSkewSeconds) return
  const off = `${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`
  throw refuse(
    'host_clock_wrong',
    `The clock of ${name} is ${off}: nobody could log in. Set it right; that is known here within a minute.`,
  )
}

type RefuseDatabase = (code: 'database_not_found' | 'database_retired') => Problem

/** A database that is not retired, nor is while this transaction lasts. */
export const databaseFor = async (tx: OrgTx, id: string, refuse: RefuseDatabase) => {
  const row = await tx.selectFrom('managedDatabase').selectAll().where('id', '=', id).forShare().executeTakeFirst()
  if (!row) throw refuse('database_not_found')
  if (row.state === 'retired') throw refuse('database_retired')
  return row
}

interface Named {
  hostId?: string | null | undefined
  databaseId?: string | null | undefined
}
type Refuse = (code: 'host_not_found' | 'host_not_enrolled' | 'database_not_found' | 'database_retired') => Problem

/** Null unless exactly one is named. */
export const targetFor = async (tx: OrgTx, { hostId, databaseId }: Named, refuse: Refuse): Promise<Target | null> => {
  const [host, database] = [hostId ?? null, databaseId ?? null]
  if (host !== null && database === null) return { kind: 'host', ...(await hostFor(tx, host, refuse)) }
  if (database !== null && host === null) return { kind: 'database', ...(await databaseFor(tx, database, refuse)) }
  return null
}

export const targetOf = async (tx: OrgTx, row: GrantRow, refuse: Refuse): Promise<Target> => {
  const target = await targetFor(tx, row, refuse)
  if (!target) throw new Error('a grant is for one thing')
  return target
}
