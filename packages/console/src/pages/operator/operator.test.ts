import { describe, expect, it } from 'vitest'
import { latencyInWords, loadOf, millisecondsInWords } from './health.ts'
import { linksIn } from './links.ts'
import { dueOf } from '../secrets.ts'

describe('health in words', () => {
  it('writes durations as people say them', () => {
    expect([0.62, 2.14, 12.6, 999, 1400].map(millisecondsInWords)).toEqual(['0.62 ms', '2.1 ms', '13 ms', '999 ms', '1.4 s'])
    expect(latencyInWords(null)).toBe('')
  })

  it('has a word only for what is worth one', () => {
    const load = (p99Ms: number | null, eventLoopDelayMs: number, shed = 0) =>
      loadOf({ eventLoopDelayMs, requests: { served: 1000, shed, limited: 0, p99Ms } } as Parameters<typeof loadOf>[0])
    expect(load(20, 1)).toMatchObject({ p99: null, delay: null })
    expect(load(null, 60).delay?.kind).toBe('warn')
    expect(load(1200, 300)).toMatchObject({ p99: { kind: 'bad' }, delay: { kind: 'bad' } })
    expect([load(1, 1, 5).shed, load(1, 1, 50).shed]).toEqual(['warn', 'bad'])
  })
})

describe('a mail’s links', () => {
  it('are found without the full stop behind them, each once', () => {
    expect(
      linksIn(
        'Go to https://localhost:8443/invitation#abc.\nAgain: https://localhost:8443/invitation#abc, or (https://x.example/y).',
      ),
    ).toEqual(['https://localhost:8443/invitation#abc', 'https://x.example/y'])
    expect(linksIn('no link')).toEqual([])
  })
})

describe('a secret’s rotation', () => {
  it('is due in colour and in words', () => {
    const of = (ageDays: number, due = false) => dueOf({ ageDays, rotateEveryDays: 90, due })
    expect([of(10), of(80), of(90), of(95), of(3, true)]).toEqual([
      { kind: 'quiet', words: 'due in 80 d' },
      { kind: 'warn', words: 'due in 10 d' },
      { kind: 'bad', words: 'due now' },
      { kind: 'bad', words: '5 d late' },
      { kind: 'bad', words: 'due now' },
    ])
  })
})
