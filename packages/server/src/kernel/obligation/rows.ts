import type { OrgTx } from '../tenancy/org-tx.ts'
import { standingOf, type EventRow, type Standing } from './plan.ts'
import './tables.ts'

const columns = [
  ...(['id', 'kind', 'subject', 'labelSealed', 'personId', 'role', 'openedAt', 'dueAt'] as const),
  ...(['calendarVersion', 'terms', 'plan', 'rebasedFrom', 'reason'] as const),
] as const

export const findObligation = (tx: OrgTx, id: string) =>
  tx.selectFrom('obligation').select(columns).where('id', '=', id).executeTakeFirst()

export type ObligationRow = NonNullable<Awaited<ReturnType<typeof findObligation>>>

/** What happened to each of the given obligations, in one statement. */
export const eventsOf = async (tx: OrgTx, ids: readonly string[]): Promise<Map<string, EventRow[]>> => {
  const rows =
    ids.length === 0
      ? []
      : await tx
          .selectFrom('obligationEvent')
          .select(['obligationId', 'step', 'kind', 'at', 'dueAt', 'plan'])
          .where('obligationId', 'in', ids)
          .execute()
  const events = new Map<string, EventRow[]>(ids.map((id) => [id, []]))
  for (const row of rows) events.get(row.obligationId)?.push(row)
  return events
}

/** Where an obligation stands, from the rows that are only ever added to. */
export const readStanding = async (tx: OrgTx, row: ObligationRow): Promise<Standing> =>
  standingOf(row, (await eventsOf(tx, [row.id])).get(row.id) ?? [])

/** Locks the clock until commit: whoever else would act on the obligation waits. False: it has none (any more). */
export const lockClock = async (tx: OrgTx, id: string): Promise<boolean> => {
  const row = await tx
    .selectFrom('obligationClock')
    .select('obligationId')
    .where('obligationId', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}
