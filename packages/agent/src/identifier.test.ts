import { expect, it } from 'vitest'
import { newSessionId } from './identifier.ts'

it('is what the contract takes for an id of a live session, and sorts by time', () => {
  const ids = [1, 1_700_000_000_000, 1_800_000_000_000].map((ms) => newSessionId(ms))
  for (const id of ids) expect(id).toMatch(/^ls_[0-9a-hjkmnp-tv-z]{26}$/)
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(Array.from({ length: 1000 }, () => newSessionId(5))).size).toBe(1000)
})
