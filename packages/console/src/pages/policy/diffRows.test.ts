import { describe, expect, it } from 'vitest'
import { diffRows, diffSummary } from './diffRows.ts'

describe('a difference, line by line', () => {
  it('numbers both texts and marks what changed with a sign and a word', () => {
    const rows = diffRows([
      { kind: 'same', text: 'a' },
      { kind: 'removed', text: 'b' },
      { kind: 'added', text: 'c' },
      { kind: 'added', text: 'd' },
      { kind: 'same', text: 'e' },
    ])
    expect(rows.map(({ before, after, sign }) => [before, after, sign])).toEqual([
      [1, 1, ' '],
      [2, null, '−'],
      [null, 2, '+'],
      [null, 3, '+'],
      [3, 4, ' '],
    ])
    expect(rows.map(({ label }) => label)).toEqual(['', 'removed: ', 'added: ', 'added: ', ''])
  })

  it('goes on counting behind a gap of known length, and stops behind one of unknown length', () => {
    const behind = (text: string) =>
      diffRows([
        { kind: 'same', text: 'a' },
        { kind: 'skipped', text },
        { kind: 'added', text: 'z' },
      ]).at(-1)
    expect(behind('12 unchanged lines')?.after).toBe(14)
    expect(behind('… 12 unchanged lines')?.after).toBe(14)
    expect(behind('unchanged')?.after).toBeNull()
  })

  it('is summed up', () => {
    expect([diffSummary(0, 0), diffSummary(1, 0), diffSummary(3, 2)]).toEqual([
      'No difference',
      '1 line added, 0 removed',
      '3 lines added, 2 removed',
    ])
  })
})
