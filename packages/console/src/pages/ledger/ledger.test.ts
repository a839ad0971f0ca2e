import { describe, expect, it } from 'vitest'
import { activityInWords, barsOf, everyDay } from './activity.ts'
import { changeInWords, fieldRows } from './changes.ts'
import { inputOfFilters } from './filters.ts'
import { rateInWords } from './rate.ts'
import { pageOfTarget } from './targets.ts'

describe('entries a day', () => {
  const days = everyDay(
    [
      { on: '2026-11-21', entries: 40 },
      { on: '2026-11-23', entries: 2 },
    ],
    '2026-11-23',
  )

  it('shows quiet days too', () => {
    expect(days).toHaveLength(30)
    expect(days.slice(-3)).toEqual([
      { on: '2026-11-21', entries: 40 },
      { on: '2026-11-22', entries: 0 },
      { on: '2026-11-23', entries: 2 },
    ])
    expect(days[0]?.on).toBe('2026-10-25')
  })

  it('draws the tallest to the top, and a day with anything so that it is seen', () => {
    const bars = barsOf(
      [
        { on: 'a', entries: 1000 },
        { on: 'b', entries: 1 },
        { on: 'c', entries: 0 },
      ],
      30,
      50,
    )
    expect(bars.map(({ height }) => height)).toEqual([50, 1.5, 0])
    expect(bars.map(({ y, height }) => y + height)).toEqual([50, 50, 50])
  })

  it('is said in words', () => {
    expect(activityInWords(days)).toBe('42 entries in 30 days, most on 21 Nov (40).')
    expect(activityInWords(everyDay([], '2026-11-23'))).toBe('No entries in these 30 days.')
  })
})

describe('the filters in the URL', () => {
  it('are whole days of the reader, the last one included', () => {
    const input = inputOfFilters({ from: '2026-11-01', to: '2026-11-01', action: 'policy.', target: ' po_1 ' })
    expect(input).toMatchObject({ action: 'policy.', target: 'po_1' })
    expect(Date.parse(input.to ?? '') - Date.parse(input.from ?? '')).toBe(86_399_999)
  })

  it('leave out nonsense', () => {
    expect(inputOfFilters({ from: 'yesterday', to: '2026-99-99', actor: '' })).toEqual({})
  })
})

describe('what changed', () => {
  const fields = [
    { name: 'state', before: 'draft', after: 'draft' },
    { name: 'body_sealed', before: 'sealed', after: 'sealed' },
    { name: 'title', before: 'A', after: 'B' },
    { name: 'gone', before: null, after: null },
  ]

  it('puts the changed fields first; sealed ones may have changed', () => {
    expect(fieldRows({ kind: 'update', fields }).map(({ name, changed }) => [name, changed])).toEqual([
      ['body_sealed', true],
      ['title', true],
      ['state', false],
      ['gone', false],
    ])
  })

  it('leaves out what a new or removed row never held', () => {
    expect(fieldRows({ kind: 'insert', fields }).map(({ name }) => name)).toEqual(['state', 'body_sealed', 'title'])
    expect(fieldRows({ kind: 'delete', fields }).map(({ name }) => name)).toEqual(['state', 'body_sealed', 'title'])
    expect(changeInWords({ kind: 'insert', table: 'policy_version' })).toBe('New: policy version')
  })
})

describe('small words', () => {
  it('say how fast a verification goes', () => {
    expect(rateInWords({ entries: 10_000, total: 50_000, bytes: 4_200_000 }, 1000)).toBe(
      '4.2 MB, 10,000 entries/s, about 4 s left',
    )
    expect(rateInWords({ entries: 10, total: 50, bytes: 900 }, 10)).toBe('900 B')
  })

  it('lead from an entry to what it is about', () => {
    expect(pageOfTarget('po_0123456789abcdefghjkmnpqrs')).toBe('/policies/po_0123456789abcdefghjkmnpqrs')
    expect(pageOfTarget('trust')).toBeNull()
  })
})
