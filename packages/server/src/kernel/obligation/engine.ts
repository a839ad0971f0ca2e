import type { FurtherAction, OrgId } from '@holdfast/contract'
import { newId } from '../identifier.ts'
import type { Services } from '../services.ts'
import { openUnit, readIn, record, type Unit } from '../unit.ts'
import type { Happening } from './hook.ts'
import { labelPlace } from './obligations.ts'
import { dueSteps, standingOf, wakeOf, type Step } from './plan.ts'
import { eventsOf, findObligation, lockClock, type ObligationRow } from './rows.ts'
import { tell } from './telling.ts'
import { horizonMs, wakeAt } from './wake.ts'
import { calendarOf } from './working-days.ts'
import './tables.ts'

export const clockActor = 'obligation.clock'

/** Adds the step and the warnings it overtook to the history. False: another node has been here. */
const insertEvents = async (
  { tx }: Unit,
  id: string,
  overtaken: readonly Step[],
  step: Step,
  now: Date,
  dueAt: Date,
): Promise<boolean> => {
  const event = (planned: Step, kind: Step['kind'] | 'skipped') => ({
    ...{ obligationId: id, step: planned.step, kind, at: now, plannedAt: new Date(planned.at), personId: null },
    ...{ escalatedTo: planned.to, reason: null, dueAt, plan: null },
  })
  const inserted = await tx
    .insertInto('obligationEvent')
    .values([...overtaken.map((planned) => event(planned, 'skipped')), event(step, step.kind)])
    .onConflict((conflict) => conflict.doNothing())
    .returning('step')
    .execute()
  return inserted.some((row) => row.step === step.step)
}

const happeningOf = async ({ vault }: Unit, row: ObligationRow, { kind: step, to }: Step, dueAt: Date): Promise<Happening> => {
  const label = await vault.openText('org', labelPlace(row.id), row.labelSealed)
  const { id, kind, subject, personId, role } = row
  return { ...{ id, kind, subject, label, personId, role }, step, to, dueAt }
}

/** Takes the step in the open unit. Null: there was nothing to do after all. */
const takeStep = async (unit: Unit, services: Services, id: string, now: Date): Promise<{ step: Step; told: number } | null> => {
  const { tx } = unit
  if (!(await lockClock(tx, id))) return null
  const row = await findObligation(tx, id)
  if (!row) return null
  const events = (await eventsOf(tx, [id])).get(id) ?? []
  const standing = standingOf(row, events)
  const due = dueSteps(standing, now)
  const { dueAt } = standing
  const mine = due !== null && (await insertEvents(unit, id, due.overtaken, due.step, now, dueAt))
  const taken = due ? [...due.overtaken, due.step].map(({ step }) => step) : []
  const next = wakeOf({ ...standing, taken: new Set([...standing.taken, ...taken]) })
  await tx.updateTable('obligationClock').set({ wakeAt: next }).where('obligationId', '=', id).execute()
  if (next && next > now) await wakeAt(tx, now, next)
  if (!due || !mine) return null
  const happening = await happeningOf(unit, row, due.step, dueAt)
  const told = await tell(unit, happening, await calendarOf(tx), now, services.publicUrl)
  for (const { kind, steps, run } of services.obligationHooks) {
    if (kind === row.kind && steps.includes(happening.step)) await run(happening, { tx, vault: unit.vault, now })
  }
  return { step: due.step, told }
}

/**
 * One step of one obligation in a transaction of its own, with its entry. The clock's row is locked meanwhile, and the step's key is unique:
 * of two nodes, one acts and the other finds it done. A crash before the commit leaves nothing behind, so the next look does it.
 */
const act = async (services: Services, orgId: OrgId, id: string, now: Date): Promise<boolean> => {
  const { ground } = services
  const unit = openUnit(ground, orgId, null, true)
  try {
    const done = await takeStep(unit, services, id, now)
    if (!done) {
      await unit.transaction.commit() // nothing but the clock's own row
      return false
    }
    const actor = { type: 'system', id: clockActor, via: 'job' }
    const reason = done.told === 0 ? 'nobody was there to be told' : null
    await record(ground, unit, {
      ...{ actor, action: `obligation.${done.step.kind}` satisfies FurtherAction, targetId: id },
      ...{ requestId: newId('rq'), origin: null, reason },
    })
    return true
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

const atOnce = 4
const pageSize = 100

/** Ids whose clock has come, most urgent first. */
const dueIn = (services: Services, orgId: OrgId, now: Date): Promise<string[]> =>
  readIn(services.ground, orgId, null, async ({ tx }) => {
    const due = tx.selectFrom('obligationClock').select('obligationId').where('wakeAt', '<=', now)
    const rows = await due.orderBy('wakeAt').orderBy('obligationId').limit(pageSize).execute()
    return rows.map(({ obligationId }) => obligationId)
  })

/**
 * Does everything that is due in one organisation, a hundred obligations at a time and a few of them at once, at most `max` steps. What
 * fails is reported and left for the next look. Returns how many steps were taken.
 */
export const runDue = async (services: Services, orgId: OrgId, max = 1_000): Promise<number> => {
  let taken = 0
  while (taken < max) {
    const now = services.clock.now()
    const ids = await dueIn(services, orgId, now)
    const before = taken
    for (let from = 0; from < ids.length; from += atOnce) {
      const results = await Promise.allSettled(ids.slice(from, from + atOnce).map((id) => act(services, orgId, id, now)))
      for (const result of results) {
        if (result.status === 'rejected') services.ground.onError(result.reason)
        else if (result.value) taken++
      }
    }
    if (taken === before) return taken
  }
  return taken
}

/** Has the queue wake the clock to the second for what comes within the horizon. */
export const planWakes = async (services: Services, orgId: OrgId): Promise<void> => {
  const now = services.clock.now()
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    const rows = await unit.tx
      .selectFrom('obligationClock')
      .select('wakeAt')
      .distinct()
      .where('wakeAt', '>', now)
      .where('wakeAt', '<=', new Date(now.getTime() + horizonMs))
      .orderBy('wakeAt')
      .limit(200)
      .execute()
    const seconds = new Map(rows.flatMap(({ wakeAt: at }) => (at ? [[Math.ceil(at.getTime() / 1000), at]] : [])))
    for (const at of seconds.values()) await wakeAt(unit.tx, now, at)
    await unit.transaction.commit() // jobs are no rows of the organisation
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}
