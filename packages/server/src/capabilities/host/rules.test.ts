import { describe, expect, test } from 'vitest'
import { lagMs, silentMs, standingOf } from './rules.ts'

const now = new Date('2026-03-01T09:00:00Z')
const ago = (ms: number) => new Date(now.getTime() - ms)
const heard = (acknowledged: number, seenMsAgo = 1000) => ({
  ...{ state: 'enrolled' as const, acknowledged, lastSeenAt: ago(seenMsAgo), enrolledAt: ago(3_600_000), waitingSince: null },
})
const newest = (msAgo: number) => ({ sequence: 7, at: ago(msAgo) })

describe('how far a host is', () => {
  test('it is current when it has acknowledged the newest change, and only then', () => {
    for (const age of [0, 1, lagMs, lagMs + 1, 3_600_000]) {
      expect(standingOf(heard(7), newest(age), now)).toBe('current')
      for (const acknowledged of [0, 5, 6]) expect(standingOf(heard(acknowledged), newest(age), now)).not.toBe('current')
    }
  })

  test('a change of this moment makes nobody late; one that is older does', () => {
    expect(standingOf(heard(6), newest(lagMs), now)).toBe('catching_up')
    expect(standingOf(heard(6), newest(lagMs + 1), now)).toBe('behind')
  })

  test('changes that keep coming make nobody less late: the oldest that it has not acknowledged counts', () => {
    const waiting = (ms: number) => ({ ...heard(3), waitingSince: ago(ms) })
    expect(standingOf(waiting(lagMs), newest(0), now)).toBe('catching_up')
    expect(standingOf(waiting(lagMs + 1), newest(0), now)).toBe('behind')
    expect(standingOf(heard(3), newest(0), now)).toBe('catching_up') // by the newest alone it would be so for ever
  })

  test('what is not heard of is silent, whatever it once knew; what is not enrolled has no standing', () => {
    for (const acknowledged of [6, 7]) expect(standingOf(heard(acknowledged, silentMs + 1), newest(0), now)).toBe('silent')
    for (const state of ['waiting', 'retired'] as const) expect(standingOf({ ...heard(7), state }, newest(0), now)).toBe('none')
  })
})
