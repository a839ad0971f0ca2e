import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clockTime, durationWords, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it.each([
    ['30m', 1800],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1d', 86_400],
    [' 90s ', 90],
  ])('%s is %d seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  it.each(['', ' ', '30', '30 m', 'm', '1.5h', '-1h', '30m1h', '1h1h', '1w', '٣m', '9999999999s'])('%j is no duration', (text) =>
    expect(parseDuration(text)).toBeNull(),
  )
})

describe('durationWords', () => {
  it.each([
    [0, 'no time'],
    [-5, 'no time'],
    [1, '1 second'],
    [1800, '30 minutes'],
    [3600, '1 hour'],
    [5430, '1 hour 30 minutes'],
    [90_061, '1 day 1 hour'],
  ])('%d seconds are %s', (seconds, words) => expect(durationWords(seconds)).toBe(words))

  it('never says more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 * 86_400 }), (seconds) => {
        const short = durationWords(seconds).replaceAll(/ (second|minute|hour|day)s?( |$)/g, (_, unit: string) => unit.charAt(0))
        expect(parseDuration(short)).toBeLessThanOrEqual(seconds)
        expect(parseDuration(short)).toBeGreaterThan(seconds * 0.95)
      }),
    )
  })
})

it('names the day when it is another', () => {
  const now = new Date(2026, 10, 23, 12, 0)
  expect(clockTime(new Date(2026, 10, 23, 14, 5).toISOString(), now)).toBe('14:05')
  expect(clockTime(new Date(2026, 10, 24, 9, 30).toISOString(), now)).toBe('Tue 24 Nov 09:30')
})
