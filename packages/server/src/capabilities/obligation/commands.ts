import { obligations } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import type { Problem } from '../../kernel/problem.ts'
import { holdObligation, pauseClock, rebaseClock, resumeClock, type Held } from '../../kernel/obligation/moving.ts'
import { latestCalendar } from '../../kernel/obligation/working-days.ts'
import { presentCalendar, readDetail } from './queries.ts'

type Refuse = (code: 'obligation_not_found' | 'obligation_ended', detail?: string) => Problem

/** The obligation with its clock locked, still owed. */
const holdOpen = async (context: Pick<Context, 'tx' | 'vault'>, id: string, fail: Refuse): Promise<Held> => {
  const held = await holdObligation(context, id)
  if (!held) throw fail('obligation_not_found')
  if (held.standing.ended !== null) throw fail('obligation_ended', `This was ${held.standing.ended} already.`)
  return held
}

const shown = async (context: Pick<Context, 'tx' | 'vault' | 'now'>, id: string) => {
  const detail = await readDetail(context, id)
  if (!detail) throw new Error('an obligation that was just changed is gone')
  return detail
}

export const rebase = handle(obligations.rebase, async ({ id, dueAt, reason }, context) => {
  const { now, person, fail, because } = context
  const held = await holdOpen(context, id, fail)
  if (held.row.terms.firm) throw fail('obligation_firm', 'This deadline is not ours to move.')
  const due = new Date(dueAt)
  if (due <= now) throw fail('due_in_the_past', 'Choose a moment that is still to come.')
  because(reason)
  return shown(context, await rebaseClock(context, held, due, { now, by: person(), reason }))
})

export const pause = handle(obligations.pause, async ({ id, reason }, context) => {
  const { now, person, fail, because } = context
  const held = await holdOpen(context, id, fail)
  if (held.row.terms.firm) throw fail('obligation_firm', 'This deadline is not ours to move.')
  if (held.standing.pausedAt) throw fail('already_paused')
  if (held.standing.dueAt <= now) throw fail('overdue', 'It is late already; set another deadline instead.')
  because(reason)
  await pauseClock(context, held, { now, by: person(), reason })
  return shown(context, id)
})

export const resume = handle(obligations.resume, async ({ id, reason }, context) => {
  const { now, person, fail, because } = context
  const held = await holdOpen(context, id, fail)
  const { pausedAt } = held.standing
  if (!pausedAt) throw fail('not_paused')
  because(reason)
  await resumeClock(context, held, pausedAt, { now, by: person(), reason })
  return shown(context, id)
})

export const setCalendar = handle(obligations.setCalendar, async ({ timeZone, weekdays, holidays }, context) => {
  const { tx, now, person } = context
  const version = ((await latestCalendar(tx))?.version ?? 0) + 1
  const setting = {
    version,
    timeZone,
    weekdays: weekdays.toSorted((a, b) => a - b),
    holidays: JSON.stringify(holidays),
    setBy: person(),
    setAt: now,
  }
  await tx.insertInto('businessCalendar').values(setting).execute()
  return presentCalendar(context)
})
