import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { body, chain, checkpointOf, ORG, sample, verifyAll } from './chain.fixture.ts'
import { entryHash, type Entry } from './format.ts'
import type { FailureKind } from './verdict.ts'

const entries = sample(40)
const flip = (hex: string) => (hex[0] === 'a' ? 'b' : 'a') + hex.slice(1)
const edited = (seq: number, change: Partial<Entry>) =>
  entries.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry))
const rehashed = (entry: Entry): Entry => ({ ...entry, hash: entryHash(ORG, entry) })
const swappedColumns = (a: number, b: number, columns: (keyof Entry)[]) => {
  const pick = (from: Entry) => Object.fromEntries(columns.map((column) => [column, from[column]]))
  return entries.map((entry, seq) =>
    seq === a ? { ...entry, ...pick(entries[b]!) } : seq === b ? { ...entry, ...pick(entries[a]!) } : entry,
  )
}
const renumbered = (list: Entry[]) => list.map((entry, seq) => ({ ...entry, seq }))
const forged = (seq: number) =>
  rehashed({ seq, at: entries[seq]!.at, prev: entries[seq - 1]!.hash, hash: '', body: '{"forged":true}' })
const rewrittenFrom = (seq: number) =>
  chain(entries.map(({ at, body: text }, index) => ({ at, body: index === seq ? '{"rewritten":true}' : text })))

const whole = [checkpointOf(entries)]

describe('each kind of tampering is named with the first bad entry', () => {
  const cases: [string, Entry[], FailureKind, number][] = [
    ['one byte of a body', edited(7, { body: body(7).replace('7', '8') }), 'body_changed', 7],
    ['one byte of the first body', edited(0, { body: `${body(0)} ` }), 'body_changed', 0],
    ['one byte of the last body', edited(39, { body: `${body(39)} ` }), 'body_changed', 39],
    ['a body, and its hash recomputed', edited(7, rehashed({ ...entries[7]!, body: '{}' })), 'body_changed', 7],
    ['a time', edited(7, { at: String(Number(entries[7]!.at) + 1) }), 'body_changed', 7],
    ['a time, back before the last', edited(7, { at: '5' }), 'body_changed', 7],
    ['a number, upward', edited(7, { seq: 70 }), 'body_changed', 7],
    ['a number, downward', edited(7, { seq: 1 }), 'body_changed', 7],
    ['a hash column', edited(7, { hash: flip(entries[7]!.hash) }), 'hash_changed', 7],
    ['a link', edited(7, { prev: flip(entries[7]!.prev) }), 'link_broken', 7],
    ['the link of the first entry', edited(0, { prev: flip(entries[0]!.prev) }), 'link_broken', 0],
    ['a deleted entry', entries.toSpliced(7, 1), 'missing', 7],
    ['three deleted entries', entries.toSpliced(7, 3), 'missing', 7],
    ['the first entry deleted', entries.slice(1), 'missing', 0],
    ['a deleted entry, the rest renumbered', renumbered(entries.toSpliced(7, 1)), 'missing', 7],
    ['two rows in the wrong order', entries.with(7, entries[8]!).with(8, entries[7]!), 'reordered', 7],
    ['two distant rows in the wrong order', entries.with(7, entries[20]!).with(20, entries[7]!), 'reordered', 7],
    ['two entries with their numbers exchanged', swappedColumns(7, 8, ['at', 'prev', 'hash', 'body']), 'reordered', 7],
    ['two distant entries with their numbers exchanged', swappedColumns(7, 20, ['at', 'prev', 'hash', 'body']), 'reordered', 7],
    ['two bodies exchanged', swappedColumns(7, 20, ['body']), 'reordered', 7],
    ['two contents exchanged with their hashes', swappedColumns(7, 8, ['at', 'hash', 'body']), 'reordered', 7],
    ['an entry twice', entries.toSpliced(8, 0, entries[7]!), 'inserted', 7],
    ['a forged entry, the rest renumbered', renumbered(entries.toSpliced(7, 0, forged(7))), 'inserted', 7],
    ['a chain of another organisation', sample(40, '0197f2a0-0000-7000-8000-00000000000b'), 'body_changed', 0],
    ['an unreadable hash', edited(7, { hash: 'x' }), 'malformed', 7],
    ['a lone surrogate', edited(7, { body: '"\ud800"' }), 'malformed', 7],
  ]
  test.each(cases)('%s', (_name, list, kind, seq) => {
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
