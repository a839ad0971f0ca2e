import type { CastEvent } from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { describe, expect, test } from 'vitest'
import { advanced, createDeck, type Screen } from './deck.ts'
import { findingOf } from './integrity.ts'
import { createTape } from './tape.ts'
import { transfersIn } from './transfers.ts'
import { clockOf, spoken } from '../recordingWords.ts'

const contentOf = (events: readonly CastEvent[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('')

describe('a tape', () => {
  const [one, two] = [contentOf([[1, 'o', 'ab']]), contentOf([[2, 'o', 'c\u001b[1m\ndone']])]
  const whole = () => {
    const tape = createTape('rc_x')
    tape.add({ index: 0, content: one }, false)
    tape.add({ index: 1, content: two }, true)
    return tape
  }
  test('has the events, the text, and the same hash as its chain', () => {
    const tape = whole()
    expect(tape.lines).toEqual([
      { seconds: 2, line: 'abc' },
      { seconds: 2, line: 'done' },
    ])
    expect([tape.seconds(), tape.chunks(), tape.brokenAt()]).toEqual([2, 2, null])
    expect(tape.head()).toBe(recordingHash(recordingHash(recordingRoot('rc_x'), 0, one), 1, two))
  })
  test.each([
    ['a gap', { index: 2, content: two }],
    ['the same again', { index: 0, content: one }],
    ['what is no event', { index: 1, content: 'no event\n' }],
  ])('ends at %s, and takes nothing after it', (_, chunk) => {
    const tape = createTape('rc_x')
    tape.add({ index: 0, content: one }, false)
    tape.add(chunk, false)
    tape.add({ index: 1, content: two }, true)
    expect([tape.chunks(), tape.brokenAt()]).toEqual([1, 1])
  })
  test('of which more should be there ends where it breaks off', () => {
    const tape = whole()
    tape.breakOff()
    expect(tape.brokenAt()).toBe(2)
  })
})

describe('the verdict', () => {
  const told = { chunks: 2, head: 'aa', running: false }
  const here = { chunks: 2, head: 'aa', brokenAt: null }
  const kindOf = (change: object, entry: { seq: number; hash: string } | null = null) =>
    findingOf({ here: { ...here, ...change }, told, entry }).kind
  test('is good only when all is here and every hash agrees', () => {
    expect(kindOf({})).toBe('good')
    expect(kindOf({}, { seq: 7, hash: 'aa' })).toBe('good')
    expect(kindOf({ head: 'ab' })).toBe('bad')
    expect(kindOf({}, { seq: 7, hash: 'ab' })).toBe('bad')
    expect(kindOf({ brokenAt: 1, chunks: 1 })).toBe('bad')
    expect(kindOf({ chunks: 1 })).toBe('quiet')
    expect(findingOf({ here: { ...here, chunks: 0 }, told: { ...told, chunks: 0 }, entry: null }).kind).toBe('quiet')
  })
})

/** Remembers what was done to it. */
const heardBy = () => {
  const heard: string[] = []
  const screen: Screen = {
    reset: (columns, lines) => void heard.push(`reset ${columns}x${lines}`),
    resize: (columns, lines) => void heard.push(`resize ${columns}x${lines}`),
    write: async (text) => {
      await Promise.resolve()
      heard.push(text)
    },
  }
  return { heard, screen }
}
const events: CastEvent[] = [
  [1, 'o', 'a'],
  [2, 'o', 'b'],
  [3, 'r', '100x30'],
  [4, 'o', 'c'],
  [30, 'o', 'd'],
]

describe('a deck', () => {
  test('writes what comes next, in order, resizes where it was resized, and goes back from the beginning', async () => {
    const { heard, screen } = heardBy()
    const deck = createDeck(screen, events, 80, 24)
    await deck.goTo(1.5)
    expect(heard).toEqual(['reset 80x24', 'a'])
    await deck.goTo(4)
    expect(heard.slice(2)).toEqual(['b', 'resize 100x30', 'c'])
    await deck.goTo(2)
    expect(heard.slice(5)).toEqual(['reset 80x24', 'ab'])
  })
  test('that is sent elsewhere while it writes ends where it was sent last', async () => {
    const { heard, screen } = heardBy()
    const deck = createDeck(screen, events, 80, 24)
    await Promise.all([deck.goTo(30), deck.goTo(1)])
    expect(heard.slice(heard.lastIndexOf('reset 80x24'))).toEqual(['reset 80x24', 'a'])
  })
})

test('silence is cut short only when that is wanted, and never what was shown', () => {
  expect(advanced(events, 5, 0.1, false)).toBe(5.1)
  expect(advanced(events, 5, 0.1, true)).toBe(29.5)
  expect(advanced(events, 4.1, 0.1, true)).toBeCloseTo(4.2)
  expect(advanced(events, 29.9, 0.2, true)).toBeCloseTo(30.1)
  expect(advanced(events, 1, 0.1, true)).toBe(1.1)
})

test('transfers: what was asked and what came of it, and what never got an answer', () => {
  const mark = (n: number, more: object): CastEvent => [n, 'm', JSON.stringify({ n, ...more })]
  const list = transfersIn([
    mark(1, { act: 'write', path: '/srv/a' }),
    mark(2, { act: 'rename', path: '/srv/a', to: '/srv/b' }),
    mark(1, { result: 'done', bytes: 12 }),
    [3, 'm', 'no mark of ours'],
    mark(9, { result: 'done' }),
  ])
  expect(list).toMatchObject([
    { n: 1, act: 'write', path: '/srv/a', result: 'done', bytes: 12 },
    { n: 2, act: 'rename', to: '/srv/b', result: null },
  ])
})

test('moments in figures and in words', () => {
  expect([7.9, 725, 3725].map(clockOf)).toEqual(['0:07', '12:05', '1:02:05'])
  expect([0, 61, 7200].map(spoken)).toEqual(['0 seconds', '1 minute 1 second', '2 hours'])
})
