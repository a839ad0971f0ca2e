import { businessDays, days, hours } from '@holdfast/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { after, afterPause, before, defaultCalendar, instantOf, wallOf, workingTimeBetween, type Calendar } from './calendar.ts'

const vienna: Calendar = { timeZone: 'Europe/Vienna', weekdays: [1, 2, 3, 4, 5], holidays: new Set(['2026-12-25', '2026-12-08']) }
const at = (text: string): Date => new Date(text)
const later = (calendar: Calendar, from: string, count: number): string =>
  after(calendar, at(from), businessDays(count)).toISOString()

describe('business days', () => {
  test('the same time on the next working day; the week-end does not count', () => {
    expect(later(defaultCalendar, '2026-11-23T16:00:00.000Z', 1)).toBe('2026-11-24T16:00:00.000Z') // Monday
    expect(later(defaultCalendar, '2026-11-27T16:00:00.000Z', 1)).toBe('2026-11-30T16:00:00.000Z') // Friday
    expect(later(defaultCalendar, '2026-11-27T16:00:00.000Z', 3)).toBe('2026-12-02T16:00:00.000Z')
  })

  test('what comes in on a free day has until the end of the first working day', () => {
    expect(later(defaultCalendar, '2026-11-28T11:00:00.000Z', 1)).toBe('2026-12-01T00:00:00.000Z') // Saturday → end of Monday
    expect(later(vienna, '2026-11-28T11:00:00.000Z', 1)).toBe('2026-11-30T23:00:00.000Z') // midnight in Vienna
  })

  test('holidays do not count, nor does a week-end of other days', () => {
    expect(later(vienna, '2026-12-24T09:00:00.000Z', 1)).toBe('2026-12-28T09:00:00.000Z') // Christmas on a Friday
    const gulf = { timeZone: 'Asia/Dubai', weekdays: [7, 1, 2, 3, 4], holidays: new Set<string>() }
    expect(later(gulf, '2026-11-26T10:00:00.000Z', 1)).toBe('2026-11-29T10:00:00.000Z') // Thursday → Sunday
  })

  test('across a change to and from summer time the clock on the wall shows the same', () => {
    expect(later(vienna, '2026-03-27T15:00:00.000Z', 1)).toBe('2026-03-30T14:00:00.000Z') // 16:00 CET → 16:00 CEST
    expect(later(vienna, '2026-10-23T14:00:00.000Z', 1)).toBe('2026-10-26T15:00:00.000Z')
    expect(after(vienna, at('2026-03-28T12:00:00.000Z'), days(1)).toISOString()).toBe('2026-03-29T12:00:00.000Z') // elapsed is elapsed
  })

  test('a deadline in the hour that is left out falls on the moment the clock is put forward; of an hour that comes twice, on the first', () => {
    const sundays = { timeZone: 'Europe/Vienna', weekdays: [6, 7], holidays: new Set<string>() }
    expect(later(sundays, '2026-03-28T01:30:00.000Z', 1)).toBe('2026-03-29T01:00:00.000Z') // 02:30 → 03:00 CEST
    expect(later(sundays, '2026-10-24T00:30:00.000Z', 1)).toBe('2026-10-25T00:30:00.000Z') // the first 02:30
  })

  test('warnings before a deadline count back the same way', () => {
    expect(before(defaultCalendar, at('2026-11-30T16:00:00.000Z'), businessDays(1)).toISOString()).toBe(
      '2026-11-27T16:00:00.000Z',
    )
    expect(before(defaultCalendar, at('2026-12-01T00:00:00.000Z'), businessDays(1)).toISOString()).toBe(
      '2026-11-30T00:00:00.000Z',
    )
    expect(before(defaultCalendar, at('2026-11-30T16:00:00.000Z'), hours(20)).toISOString()).toBe('2026-11-29T20:00:00.000Z')
  })

  test('after a pause as much working time is left as there was', () => {
    const due = at('2026-11-30T16:00:00.000Z') // opened Friday 16:00, one business day
    const resumed = afterPause(defaultCalendar, 'business', due, at('2026-11-27T20:00:00.000Z'), at('2026-12-03T10:00:00.000Z'))
    expect(resumed.toISOString()).toBe('2026-12-04T06:00:00.000Z') // 20 hours of working time
    expect(
      afterPause(defaultCalendar, 'elapsed', due, at('2026-11-27T16:00:00.000Z'), at('2026-12-27T16:00:00.000Z')).toISOString(),
    ).toBe('2026-12-30T16:00:00.000Z')
  })
})

const zones = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/Sao_Paulo',
]
const zone = fc.constantFrom(...zones)
const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) })
const calendar = fc.record({
  timeZone: zone,
  weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
  holidays: fc
    .array(fc.integer({ min: 18_262, max: 23_741 }), { maxLength: 60 })
    .map((numbers) => new Set(numbers.map((number) => new Date(number * 86_400_000).toISOString().slice(0, 10)))),
})
const isWorking = ({ timeZone, weekdays, holidays }: Calendar, moment: number): boolean => {
  const wall = new Date(wallOf(timeZone, moment))
  return weekdays.includes(((wall.getUTCDay() + 6) % 7) + 1) && !holidays.has(wall.toISOString().slice(0, 10))
}

describe('for every zone, calendar and instant', () => {
  test('the clock on the wall and the instant belong together', () => {
    fc.assert(
      fc.property(zone, instant, (timeZone, moment) => {
        const back = instantOf(timeZone, wallOf(timeZone, moment))
        expect(wallOf(timeZone, back)).toBe(wallOf(timeZone, moment))
        expect(moment - back).toBeGreaterThanOrEqual(0) // an hour that comes twice: the first
        expect(moment - back).toBeLessThanOrEqual(3_600_000)
      }),
    )
  })

  test('a later time on the wall is never an earlier instant', () => {
    fc.assert(
      fc.property(zone, instant, fc.integer({ min: 0, max: 7_200_000 }), (timeZone, wall, ms) => {
        expect(instantOf(timeZone, wall + ms)).toBeGreaterThanOrEqual(instantOf(timeZone, wall))
      }),
    )
  })

  test('a deadline is in working time, after its beginning, and more days are never less', () => {
    fc.assert(
      fc.property(calendar, instant, fc.integer({ min: 1, max: 40 }), (days, moment, count) => {
        const due = after(days, new Date(moment), businessDays(count)).getTime()
        expect(due).toBeGreaterThan(moment)
        expect(isWorking(days, due - 1)).toBe(true)
        expect(after(days, new Date(moment), businessDays(count + 1)).getTime()).toBeGreaterThan(due)
      }),
    )
  })

  test('between beginning and deadline lies exactly that much working time, and counting back finds where it began', () => {
    fc.assert(
      fc.property(calendar, instant, fc.integer({ min: 1, max: 40 }), (days, moment, count) => {
        const start = new Date(moment)
        const due = after(days, start, businessDays(count))
        const left = Math.abs(workingTimeBetween(days, start, due) - count * 86_400_000)
        expect(left).toBeLessThanOrEqual(3_600_000) // an hour left out or twice at either end
        const back = before(days, due, businessDays(count))
        if (isWorking(days, moment)) expect(Math.abs(back.getTime() - moment)).toBeLessThanOrEqual(3_600_000)
      }),
    )
  })
})
