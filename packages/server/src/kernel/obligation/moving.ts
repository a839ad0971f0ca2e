import { ObligationId, type PersonId } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import { newIdOf } from '../identifier.ts'
import { labelPlace } from './obligations.ts'
import { planOf, resumedPlan, standingOf, wakeOf, type Standing } from './plan.ts'
import { findObligation, lockClock, readStanding, type ObligationRow } from './rows.ts'
import { wakeAt } from './wake.ts'
import { calendarOf } from './working-days.ts'

/** Who moves a deadline, when, why. */
export interface Moving {
  now: Date
  by: PersonId
  reason: string
}

export interface Held {
  row: ObligationRow
  standing: Standing
}

/** The obligation with its clock locked, as it stands. Null: there is none. */
export const holdObligation = async ({ tx }: Entered, id: string): Promise<Held | null> => {
  await lockClock(tx, id)
  const row = await findObligation(tx, id)
  return row ? { row, standing: await readStanding(tx, row) } : null
}

const event = (id: string, step: string, { now, by, reason }: Moving) => ({
  ...{ obligationId: id, step, at: now, plannedAt: null, personId: by, escalatedTo: null, reason },
})

export const pauseClock = async ({ tx }: Entered, { row: { id }, standing }: Held, moving: Moving): Promise<void> => {
  const step = `paused:${standing.pauses + 1}`
  await tx
    .insertInto('obligationEvent')
    .values({ ...event(id, step, moving), kind: 'paused', dueAt: standing.dueAt, plan: null })
    .execute()
  await tx.updateTable('obligationClock').set({ wakeAt: null, paused: true }).where('obligationId', '=', id).execute()
}

/** As much time is left as there was; every warning comes anew. */
export const resumeClock = async (entered: Entered, { row, standing }: Held, pausedAt: Date, moving: Moving): Promise<void> => {
  const { tx } = entered
  const { dueAt, plan } = resumedPlan(row.terms, await calendarOf(tx), standing, pausedAt, moving.now)
  const step = `resumed:${standing.pauses}`
  await tx
    .insertInto('obligationEvent')
    .values({ ...event(row.id, step, moving), kind: 'resumed', dueAt, plan: JSON.stringify(plan) })
    .execute()
  const next = wakeOf({ ...standing, plan, pausedAt: null })
  await tx.updateTable('obligationClock').set({ dueAt, wakeAt: next, paused: false }).where('obligationId', '=', row.id).execute()
  if (next) await wakeAt(tx, moving.now, next)
}

/** Ends the obligation and opens one in its place that says where it comes from and why. Returns its id. */
export const rebaseClock = async (
  entered: Entered,
  { row, standing }: Held,
  dueAt: Date,
  moving: Moving,
): Promise<ObligationId> => {
  const { tx, vault } = entered
  const { now, reason } = moving
  const id = newIdOf(ObligationId, 'ob')
  const calendar = await calendarOf(tx)
  const terms = { ...row.terms, within: null }
  const plan = planOf(terms, calendar, now, dueAt)
  const label = await vault.openText('org', labelPlace(row.id), row.labelSealed)
  const { kind, subject, personId, role } = row
  await tx
    .insertInto('obligationEvent')
    .values({ ...event(row.id, 'ended', moving), kind: 'rebased', dueAt: standing.dueAt, plan: null })
    .execute()
  await tx
    .insertInto('obligation')
    .values({
      ...{ id, kind, subject, personId, role, openedAt: now, dueAt, calendarVersion: calendar.version },
      labelSealed: await vault.seal('org', labelPlace(id), label),
      ...{ terms: JSON.stringify(terms), plan: JSON.stringify(plan), rebasedFrom: row.id, reason },
    })
    .execute()
  const next = wakeOf(standingOf({ dueAt, plan }, []))
  const clock = { obligationId: id, kind, subject, personId: personId ?? '', role, dueAt, wakeAt: next }
  await tx.deleteFrom('obligationClock').where('obligationId', '=', row.id).execute()
  await tx.insertInto('obligationClock').values(clock).execute()
  if (next) await wakeAt(tx, now, next)
  return id
}
