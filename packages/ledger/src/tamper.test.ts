import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chain, checkpointOf, sample, verifyAll } from './chain.fixture.ts'
import type { Entry } from './format.ts'
import { tamperings } from './tamper.fixture.ts'

const entries = sample(40)
const edited = (seq: number, change: Partial<Entry>) =>
  entries.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry))
const rewrittenFrom = (seq: number) =>
  chain(entries.map(({ at, body: text }, index) => ({ at, body: index === seq ? '{"rewritten":true}' : text })))

const whole = [checkpointOf(entries)]

describe('each kind of tampering is named with the first bad entry', () => {
  test.each(tamperings(entries))('%s', (_name, list, kind, seq) => {
    const verdict = verifyAll(list)
    expect(verdict).toMatchObject({ ok: false, kind, seq })
    expect(verdict.message).toMatch(/^[A-Z].*\.$/)
    expect(verdict.message).toMatch(new RegExp(`\\b${seq}\\b`))
  })
})

test('a time that goes back in whole entries', () => {
  const list = chain(entries.map(({ at, body: text }, seq) => ({ at: seq === 7 ? '5' : at, body: text })))
  expect(verifyAll(list)).toMatchObject({ ok: false, kind: 'time_went_back', seq: 7 })
})

describe('what the chain alone cannot show', () => {
  test('a cut end is found by a checkpoint held outside', () => {
    expect(verifyAll(entries.slice(0, 30))).toMatchObject({ ok: true, entries: 30 })
    expect(verifyAll(entries.slice(0, 30), { checkpoints: whole })).toMatchObject({ ok: false, kind: 'truncated', seq: 30 })
    expect(verifyAll([], { checkpoints: whole })).toMatchObject({ ok: false, kind: 'truncated', seq: 0 })
    expect(verifyAll(entries.slice(0, 30), { to: 40 })).toMatchObject({ ok: false, kind: 'truncated', seq: 30 })
  })

  test('a rewritten chain is found by a checkpoint held outside, and narrowed down by earlier ones', () => {
    const checkpoints = [10, 20, 40].map((size) => checkpointOf(entries.slice(0, size)))
    expect(verifyAll(rewrittenFrom(13))).toMatchObject({ ok: true })
    expect(verifyAll(rewrittenFrom(13), { checkpoints: whole })).toMatchObject({ ok: false, kind: 'rewritten', seq: 0 })
    expect(verifyAll(rewrittenFrom(13), { checkpoints })).toMatchObject({ ok: false, kind: 'rewritten', seq: 10 })
    expect(verifyAll(rewrittenFrom(0), { checkpoints })).toMatchObject({ ok: false, kind: 'rewritten', seq: 0 })
    expect(verifyAll(rewrittenFrom(39), { checkpoints })).toMatchObject({ ok: false, kind: 'rewritten', seq: 20 })
    expect(verifyAll(entries, { checkpoints })).toMatchObject({
      ok: true,
      checkpoints: [{ size: 10 }, { size: 20 }, { size: 40 }],
    })
  })

  test('the last entry rewritten is named itself when a checkpoint covers all before it', () => {
    const checkpoints = [39, 40].map((size) => checkpointOf(entries.slice(0, size)))
    const verdict = verifyAll(rewrittenFrom(39), { checkpoints })
    expect(verdict).toMatchObject({
      ok: false,
      kind: 'rewritten',
      seq: 39,
      message: expect.stringMatching(/^Entry 39 was rewritten/),
    })
  })

  test('any rewriting of any suffix is found', () => {
    fc.assert(
      fc.property(fc.nat(39), fc.integer({ min: 1, max: 40 }), (seq, size) => {
        fc.pre(seq < size)
        const verdict = verifyAll(rewrittenFrom(seq), { checkpoints: [checkpointOf(entries.slice(0, size))] })
        expect(verdict).toMatchObject({ ok: false, kind: 'rewritten', seq: 0 })
      }),
    )
  })

  test('a checkpoint that cannot be right is not believed', () => {
    const [checkpoint] = whole
    const foreign = { ...checkpoint!, origin: 'holdfast/other' }
    const mixed = { ...checkpoint!, head: entries[3]!.hash }
    expect(verifyAll(entries, { checkpoints: [foreign] })).toMatchObject({ ok: false, kind: 'checkpoint_invalid' })
    expect(verifyAll(entries, { checkpoints: [mixed] })).toMatchObject({ ok: false, kind: 'checkpoint_invalid' })
    expect(verifyAll(entries, { checkpoints: [checkpoint!, { ...checkpoint!, root: entries[0]!.hash }] })).toMatchObject({
      ok: false,
    })
  })
})

describe('a range', () => {
  const range = entries.slice(10, 30)
  const checkpoints = [10, 20, 30].map((size) => checkpointOf(entries.slice(0, size)))

  test('verifies between its ends, by the heads of checkpoints', () => {
    expect(verifyAll(range, { from: 10 })).toMatchObject({ ok: true, from: 10, entries: 20, root: null, head: entries[29]!.hash })
    expect(verifyAll(range, { from: 10, checkpoints })).toMatchObject({ ok: true, checkpoints: { length: 3 } })
    expect(verifyAll([], { from: 10, to: 10, checkpoints: checkpoints.slice(0, 1) })).toMatchObject({ ok: true, entries: 0 })
  })

  test('of another history is found by the checkpoint before it, or after', () => {
    const other = rewrittenFrom(5).slice(10, 30)
    expect(verifyAll(other, { from: 10, checkpoints })).toMatchObject({ ok: false, kind: 'link_broken', seq: 10 })
    expect(verifyAll(other, { from: 10, checkpoints: checkpoints.slice(1) })).toMatchObject({
      ok: false,
      kind: 'rewritten',
      seq: 10,
    })
    expect(verifyAll(range.slice(1), { from: 10 })).toMatchObject({ ok: false, kind: 'missing', seq: 10 })
  })
})

test('any change of any column of any entry is found at that entry or before', () => {
  const change = fc.oneof(
    fc.record({ seq: fc.nat(50) }),
    fc.record({ at: fc.nat(10_000_000).map((n) => String(1767225600000000 + n)) }),
    fc.record({ prev: fc.stringMatching(/^[0-9a-f]{64}$/) }),
    fc.record({ hash: fc.stringMatching(/^[0-9a-f]{64}$/) }),
    fc.record({ body: fc.string() }),
  )
  fc.assert(
    fc.property(fc.nat(39), change, (seq, columns) => {
      const list = edited(seq, columns)
      fc.pre(JSON.stringify(list) !== JSON.stringify(entries))
      const verdict = verifyAll(list)
      expect(verdict.ok).toBe(false)
      if (!verdict.ok) expect(verdict.seq).toBeLessThanOrEqual(seq)
    }),
  )
})

test('any entries left out, doubled or moved are found', () => {
  fc.assert(
    fc.property(fc.nat(38), fc.nat(38), (a, b) => {
      fc.pre(a !== b)
      expect(verifyAll(entries.toSpliced(a, 1)).ok).toBe(false)
      expect(verifyAll(entries.toSpliced(a, 0, entries[b]!)).ok).toBe(false)
      expect(verifyAll(entries.toSpliced(a, 1).toSpliced(b, 0, entries[a]!))).toMatchObject({ ok: false, kind: 'reordered' })
    }),
  )
})

test('progress is told in entries', () => {
  const seen: number[] = []
  verifyAll(entries, { progressEvery: 15, onProgress: (count) => seen.push(count) })
  expect(seen).toEqual([15, 30])
})
