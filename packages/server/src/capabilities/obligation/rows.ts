import {
  ObligationId,
  obligationNamed,
  PersonId,
  Role,
  type OutputOf,
  type obligations,
  type ObligationState,
} from '@holdfast/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import { common } from '../../kernel/problem.ts'
import { holds } from '../../kernel/permit.ts'
import { hasRole, holderOf, type Principal } from '../../kernel/principal.ts'
import { labelPlace } from '../../kernel/obligation/obligations.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Vault } from '../../kernel/vault.ts'

type Summary = OutputOf<typeof obligations.list>['rows'][number]
type State = z.output<typeof ObligationState>

export interface SummaryRow {
  id: string
  kind: string
  subject: string
  labelSealed: Buffer
  personId: string | null
  role: string | null
  openedAt: Date
  dueAt: Date
}

export const summarise = async (
  vault: Vault,
  row: SummaryRow,
  { state, endedAt, dueAt }: { state: State; endedAt: Date | null; dueAt: Date },
  now: Date,
): Promise<Summary> => {
  const declared = obligationNamed(row.kind)
  return {
    id: ObligationId.parse(row.id),
    kind: row.kind,
    title: declared?.title ?? row.kind,
    label: await vault.openText('org', labelPlace(row.id), row.labelSealed),
    subject: row.subject,
    page: (declared?.page ?? '/due').replace(':subject', encodeURIComponent(row.subject)),
    promise: declared?.promise ?? null,
    personId: row.personId === null ? null : PersonId.parse(row.personId),
    role: row.role === null ? null : Role.parse(row.role),
    state,
    openedAt: row.openedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    late: state !== 'paused' && (endedAt ?? now) > dueAt,
  }
}

/** Whose obligations somebody sees: everybody's, or only what they or their role owe. */
export const sees = (principal: Principal): { all: boolean; personId: string; role: string } => {
  if (!hasRole(principal)) throw common('forbidden')
  return { all: holds(principal, 'obligation:oversee'), personId: holderOf(principal), role: principal.role }
}

export const isTheirs = (
  { personId, role }: { personId: string | null; role: string | null },
  who: ReturnType<typeof sees>,
): boolean => who.all || personId === who.personId || role === who.role

export interface Wanted {
  show: 'open' | 'due_soon' | 'overdue' | 'paused' | 'met' | 'withdrawn'
  /** What this person or this role owes; unset: everybody's. */
  owing: { personId: string; role?: string | undefined } | null
  kind?: string | undefined
  subject?: string | undefined
  after: { at: Date; id: string } | null
  limit: number
}

export interface Listed extends SummaryRow {
  listedAt: Date
  currentDueAt: Date
  paused: boolean
  ended: 'met' | 'withdrawn' | null
}

const soonMs = 7 * 86_400_000

/** Running clocks, the most urgent first. */
export const listOpen = async (tx: OrgTx, wanted: Wanted, now: Date): Promise<Listed[]> => {
  let query = tx
    .selectFrom('obligationClock as c')
    .innerJoin('obligation as o', 'o.id', 'c.obligationId')
    .select(['o.id', 'o.kind', 'o.subject', 'o.labelSealed', 'o.personId', 'o.role', 'o.openedAt', 'o.dueAt'])
    .select(['c.dueAt as listedAt', 'c.dueAt as currentDueAt', 'c.paused'])
  const { show, owing, kind, subject, after, limit } = wanted
  if (show !== 'open') query = query.where('c.paused', '=', show === 'paused')
  if (show === 'overdue') query = query.where('c.dueAt', '<', now)
  if (show === 'due_soon') query = query.where('c.dueAt', '>=', now).where('c.dueAt', '<=', new Date(now.getTime() + soonMs))
  if (owing)
    query = query.where(({ or, eb }) =>
      or([
        eb('c.personId', '=', owing.personId),
        ...(owing.role === undefined ? [] : [eb('c.role', '=', Role.parse(owing.role))]),
      ]),
    )
  if (kind !== undefined) query = query.where('c.kind', '=', kind)
  if (subject !== undefined) query = query.where('c.subject', '=', subject)
  if (after) query = query.where(sql<boolean>`(c.due_at, c.obligation_id) > (${after.at}, ${after.id})`)
  const rows = await query.orderBy('c.dueAt').orderBy('c.obligationId').limit(limit).execute()
  return rows.map((row) => ({ ...row, ended: null }))
}

/** What has ended, the latest first. */
export const listEnded = async (tx: OrgTx, wanted: Wanted): Promise<Listed[]> => {
  const { show, owing, kind, subject, after, limit } = wanted
  const how = show === 'met' ? 'met' : 'withdrawn'
  let query = tx
    .selectFrom('obligationEvent as e')
    .innerJoin('obligation as o', 'o.id', 'e.obligationId')
    .select(['o.id', 'o.kind', 'o.subject', 'o.labelSealed', 'o.personId', 'o.role', 'o.openedAt', 'o.dueAt'])
    .select(['e.at as listedAt', 'e.dueAt as currentDueAt'])
    .where('e.step', '=', 'ended')
    .where('e.kind', '=', how)
  if (owing)
    query = query.where(({ or, eb }) =>
      or([
        eb('o.personId', '=', owing.personId),
        ...(owing.role === undefined ? [] : [eb('o.role', '=', Role.parse(owing.role))]),
      ]),
    )
  if (kind !== undefined) query = query.where('o.kind', '=', kind)
  if (subject !== undefined) query = query.where('o.subject', '=', subject)
  if (after) query = query.where(sql<boolean>`(e.at, e.obligation_id) < (${after.at}, ${after.id})`)
  const rows = await query.orderBy('e.at', 'desc').orderBy('e.obligationId', 'desc').limit(limit).execute()
  return rows.map((row) => ({ ...row, paused: false, ended: how }))
}
