import { businessDays, days, hours, type Duration } from '@holdfast/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultCalendar } from './calendar.ts'
import { dueSteps, planOf, resumedPlan, standingOf, wakeOf, type EventRow, type Terms } from './plan.ts'

const terms = (parts: Partial<Terms> = {}): Terms => ({ within: hours(24), warn: [], escalate: [], firm: false, ...parts })
const from = new Date('2026-11-23T10:00:00.000Z')
const hoursOn = (count: number): Date => new Date(from.getTime() + count * 3_600_000)
const event = (step: string, kind: string, at: Date, rest: Partial<EventRow> = {}): EventRow => ({
  ...{ step, kind, at, dueAt: hoursOn(24), plan: null },
  ...rest,
})

describe('the plan', () => {
  test('warnings, breach, escalations, in time; what would warn at once is left out', () => {
    const plan = planOf(
      terms({
        warn: [hours(30), hours(12), hours(2)],
        escalate: [
          { after: hours(0), to: 'admin' },
          { after: hours(4), to: 'owner' },
        ],
      }),
      ...([defaultCalendar, from, hoursOn(24)] as const),
    )
    expect(plan.map(({ step, at, to }) => [step, at, to])).toEqual([
      ['warned:2', hoursOn(12).toISOString(), null],
      ['warned:3', hoursOn(22).toISOString(), null],
      ['breached', hoursOn(24).toISOString(), null],
      ['escalated:1', hoursOn(24).toISOString(), 'admin'],
      ['escalated:2', hoursOn(28).toISOString(), 'owner'],
    ])
  })

  const plan = planOf(
    terms({ warn: [hours(12), hours(2)], escalate: [{ after: hours(4), to: 'admin' }] }),
    defaultCalendar,
    from,
    hoursOn(24),
  )
  const row = { dueAt: hoursOn(24), plan }

  test('one step at a time; a warning that a later step has overtaken is passed over, a breach never', () => {
    expect(dueSteps(standingOf(row, []), hoursOn(11))).toBeNull()
    expect(dueSteps(standingOf(row, []), hoursOn(12))).toMatchObject({ overtaken: [], step: { step: 'warned:1' } })
    expect(dueSteps(standingOf(row, []), hoursOn(23))).toMatchObject({
      overtaken: [{ step: 'warned:1' }],
      step: { step: 'warned:2' },
    })
    const late = dueSteps(standingOf(row, []), hoursOn(100))
    expect(late?.overtaken.map(({ step }) => step)).toEqual(['warned:1', 'warned:2'])
    expect(late?.step.step).toBe('breached')
    const taken = [event('warned:1', 'skipped', from), event('warned:2', 'skipped', from), event('breached', 'breached', from)]
    expect(dueSteps(standingOf(row, taken), hoursOn(100))?.step.step).toBe('escalated:1')
  })

  test('nothing is done while it is paused or when it has ended', () => {
    const paused = standingOf(row, [event('paused:1', 'paused', hoursOn(1))])
    expect([wakeOf(paused), dueSteps(paused, hoursOn(100)), paused.pausedAt]).toEqual([null, null, hoursOn(1)])
    const met = standingOf(row, [event('ended', 'met', hoursOn(1))])
    expect([wakeOf(met), met.ended]).toEqual([null, 'met'])
  })

  test('a pause across the deadline: as much time is left as there was, and the warnings come again', () => {
    const paused = standingOf(row, [event('warned:1', 'warned', hoursOn(12)), event('paused:1', 'paused', hoursOn(20))])
    const { dueAt, plan: next } = resumedPlan(terms({ warn: [hours(2)] }), defaultCalendar, paused, hoursOn(20), hoursOn(50))
    expect(dueAt).toEqual(hoursOn(54))
    expect(next.map(({ step }) => step)).toEqual(['warned:1@1', 'breached@1'])
    const resumed = standingOf(row, [
      ...[event('warned:1', 'warned', hoursOn(12)), event('paused:1', 'paused', hoursOn(20))],
      event('resumed:1', 'resumed', hoursOn(50), { dueAt, plan: next }),
    ])
    expect(resumed).toMatchObject({ dueAt, pausedAt: null, pauses: 1 })
    expect(wakeOf(resumed)).toEqual(hoursOn(52))
  })
})

const duration = fc.oneof(
  fc.integer({ min: 1, max: 500 }).map((count): Duration => hours(count)),
  fc.integer({ min: 1, max: 20 }).map((count): Duration => businessDays(count)),
)

test('whenever one looks, however seldom, every step is taken once, in order, and a breach is never passed over', () => {
  fc.assert(
    fc.property(
      fc.array(duration, { maxLength: 4 }),
      fc.array(duration, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
      (warn, after, looks) => {
        const due = new Date(from.getTime() + 20 * 86_400_000)
        const planned = planOf(
          terms({ warn, escalate: after.map((wait) => ({ after: wait, to: 'admin' as const })) }),
          defaultCalendar,
          from,
          due,
        )
        const events: EventRow[] = []
        let now = from
        for (const wait of [...looks, 100_000]) {
          now = new Date(now.getTime() + wait * 3_600_000)
          for (;;) {
            const next = dueSteps(standingOf({ dueAt: due, plan: planned }, events), now)
            if (!next) break
            for (const { step } of next.overtaken) events.push(event(step, 'skipped', now))
            events.push(event(next.step.step, next.step.kind, now))
          }
        }
        expect(events.map(({ step }) => step).toSorted()).toEqual(planned.map(({ step }) => step).toSorted())
        expect(events.filter(({ kind }) => kind === 'breached')).toHaveLength(1)
        expect(events.filter(({ kind }) => kind === 'skipped').every(({ step }) => step.startsWith('warned'))).toBe(true)
      },
    ),
  )
})

test('days is elapsed time', () => {
  expect(days(1)).toEqual(hours(24))
})
