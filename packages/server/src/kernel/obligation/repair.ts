import type { JobContext } from '../job.ts'
import { openUnit, type Unit } from '../unit.ts'
import { standingOf, wakeOf } from './plan.ts'
import { eventsOf, lockClock } from './rows.ts'
import './tables.ts'

const pageSize = 100

/** Obligations that have not ended, by the rows that are evidence, with the clock as it is. */
const openOnes = ({ tx }: Unit, past: string) =>
  tx
    .selectFrom('obligation as o')
    .leftJoin('obligationClock as c', 'c.obligationId', 'o.id')
    .leftJoin('obligationEvent as e', (join) => join.onRef('e.obligationId', '=', 'o.id').on('e.step', '=', 'ended'))
    .select(['o.id', 'o.kind', 'o.subject', 'o.personId', 'o.role', 'o.dueAt', 'o.plan'])
    .select(['c.obligationId as clock', 'c.dueAt as clockDueAt', 'c.wakeAt as clockWakeAt', 'c.paused as clockPaused'])
    .where('e.obligationId', 'is', null)
    .where('o.id', '>', past)
    .orderBy('o.id')
    .limit(pageSize)
    .execute()

type OpenOne = Awaited<ReturnType<typeof openOnes>>[number]

/** Puts one clock right under its lock, from the history as it is then. */
const putRight = async ({ tx }: Unit, one: OpenOne): Promise<void> => {
  await lockClock(tx, one.id)
  const standing = standingOf(one, (await eventsOf(tx, [one.id])).get(one.id) ?? [])
  if (standing.ended !== null) return
  const { dueAt, pausedAt } = standing
  const times = { dueAt, wakeAt: wakeOf(standing), paused: pausedAt !== null }
  const { id, kind, subject, personId, role } = one
  const { numUpdatedRows } = await tx
    .updateTable('obligationClock')
    .set(times)
    .where('obligationId', '=', id)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return
  await tx
    .insertInto('obligationClock')
    .values({ obligationId: id, kind, subject, personId: personId ?? '', role, ...times })
    .onConflict((conflict) => conflict.doNothing()) // the same thing was opened anew meanwhile
    .execute()
}

const differs = (one: OpenOne, events: Parameters<typeof standingOf>[1]): boolean => {
  const standing = standingOf(one, events)
  return (
    one.clock === null ||
    one.clockDueAt?.getTime() !== standing.dueAt.getTime() ||
    one.clockWakeAt?.getTime() !== wakeOf(standing)?.getTime() ||
    one.clockPaused !== (standing.pausedAt !== null)
  )
}

/**
 * Compares each clock with the history it is derived from and puts it right: a clock that was lost, stopped or moved behind our back warns
 * all the same. A page of a hundred costs two statements. Returns how many were wrong.
 */
export const repairClocks = async ({ services, orgId, log }: JobContext): Promise<number> => {
  let wrong = 0
  let past = ''
  for (;;) {
    const unit = openUnit(services.ground, orgId, null, true)
    try {
      const page = await openOnes(unit, past)
      const events = await eventsOf(
        unit.tx,
        page.map(({ id }) => id),
      )
      const broken = page.filter((one) => differs(one, events.get(one.id) ?? []))
      for (const one of broken) await putRight(unit, one)
      await unit.transaction.commit()
      wrong += broken.length
      past = page.at(-1)?.id ?? ''
      if (page.length < pageSize) break
    } catch (error) {
      await unit.transaction.rollback()
      throw error
    }
  }
  if (wrong > 0) log('clocks that did not agree with their history were put right', { org: orgId, clocks: wrong })
  return wrong
}
