import { describe, expect, test } from 'vitest'
import { filtersOf, withFilters } from './filters.ts'
import { grouped, shorten } from './shorten.ts'
import { sorted, turned } from './sorting.ts'
import { absolute, dueInWords, relative, spanInWords } from './time.ts'

const now = Date.parse('2026-11-23T12:00:00Z')
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()

describe('times', () => {
  test.each([
    [-3, 'just now'],
    [-45, '45 s ago'],
    [-300, '5 min ago'],
    [10_800, 'in 3 h'],
    [-47 * 3600, '47 h ago'],
    [-49 * 3600, '2 d ago'],
    [-90 * 86_400, '2 mo ago'],
    [-800 * 86_400, '2 y ago'],
  ])('%d s from now is "%s"', (seconds, words) => {
    expect(relative(at(seconds), now)).toBe(words)
  })
  test('what is not a time is shown as it is', () => expect(relative('soon', now)).toBe('soon'))
  test('deadlines: in words, and in a state for the colour', () => {
    expect(dueInWords(at(3 * 3600), now)).toEqual({ state: 'soon', words: 'due in 3 h' })
    expect(dueInWords(at(-2 * 3600), now)).toEqual({ state: 'late', words: '2 h late' })
    expect(dueInWords(at(9 * 86_400), now)).toEqual({ state: 'later', words: 'due in 9 d' })
  })
  test('a date is due at its end, not at its beginning', () => {
    const today = new Date(now).toISOString().slice(0, 10)
    expect(dueInWords(today, Date.parse(`${today}T08:00:00`)).state).toBe('soon')
  })
  test('absolute in the zone of the reader and in UTC', () => {
    expect(absolute('2026-11-23T12:00:00.000Z', 'Asia/Tokyo')).toEqual({
      local: '23 Nov 2026, 21:00:00 (Asia/Tokyo)',
      utc: '2026-11-23 12:00:00 UTC',
      short: '23 Nov 2026, 21:00:00 GMT+9',
    })
    expect(absolute('2026-11-23T12:00:00.000Z', 'UTC').short).toBe('23 Nov 2026, 12:00:00 UTC')
  })
  test('spans have no sign', () => expect(spanInWords(-61_000)).toBe('1 min'))
})

describe('shortening', () => {
  test('keeps both ends', () => expect(shorten('9f86d081884c7d659a2feaa0c55ad015')).toBe('9f86d081…5ad015'))
  test('leaves what is short', () => expect(shorten('9f86d081')).toBe('9f86d081'))
  test('groups of four', () => expect(grouped('JBSWY3DPEH')).toBe('JBSW Y3DP EH'))
})

describe('filters in the URL', () => {
  test('are read by name; an empty one is absent', () =>
    expect(filtersOf('?actor=pe_1&action=&x=1', ['actor', 'action'])).toEqual({ actor: 'pe_1' }))
  test('change one without losing the others', () => {
    expect(withFilters('?actor=pe_1', { action: 'policy.' })).toBe('?actor=pe_1&action=policy.')
    expect(withFilters('?actor=pe_1', { actor: undefined })).toBe('')
  })
})

describe('sorting', () => {
  const rows = [{ n: 10 }, { n: null }, { n: 9 }]
  test('nothing comes last both ways', () => {
    expect(sorted(rows, ({ n }) => n, false).map(({ n }) => n)).toEqual([9, 10, null])
    expect(sorted(rows, ({ n }) => n, true).map(({ n }) => n)).toEqual([10, 9, null])
  })
  test('text sorts as people read it', () => expect(sorted(['v10', 'V9'], (row) => row, false)).toEqual(['V9', 'v10']))
  test('up, down, not at all', () => {
    expect(turned(null, 'a')).toEqual({ key: 'a', down: false })
    expect(turned({ key: 'a', down: false }, 'a')).toEqual({ key: 'a', down: true })
    expect(turned({ key: 'a', down: true }, 'a')).toBeNull()
  })
})
