import { chain, ORG } from './chain.fixture.ts'
import { entryHash, genesis, type Entry } from './format.ts'
import type { FailureKind } from './verdict.ts'

/** A name, what became of the entries, and what the first bad one is: its kind, and its index in `entries`. */
export type Tampering = [name: string, list: Entry[], kind: FailureKind, index: number]

const OTHER = '0197f2a0-0000-7000-8000-00000000000b'

const flip = (hex: string) => (hex[0] === 'a' ? 'b' : 'a') + hex.slice(1)
const rehashed = (entry: Entry): Entry => ({ ...entry, hash: entryHash(ORG, entry) })

/** Every kind of tampering with 40 entries, which may stand anywhere in their ledger. */
export function tamperings(entries: Entry[]): Tampering[] {
  const base = entries[0]!.seq
  const edited = (index: number, change: Partial<Entry>) => entries.with(index, { ...entries[index]!, ...change })
  const exchanged = (a: number, b: number, columns: (keyof Entry)[]) => {
    const pick = (from: Entry) => Object.fromEntries(columns.map((column) => [column, from[column]]))
    return edited(a, pick(entries[b]!)).with(b, { ...entries[b]!, ...pick(entries[a]!) })
  }
  const renumbered = (list: Entry[]) => list.map((entry, index) => ({ ...entry, seq: base + index }))
  const forged = rehashed({ ...entries[7]!, prev: entries[6]!.hash, body: '{"forged":true}' })
  const foreign = chain(entries, OTHER, base, base === 0 ? genesis(OTHER) : entries[0]!.prev)
  return [
    ['one byte of a body', edited(7, { body: entries[7]!.body.replace('7', '8') }), 'body_changed', 7],
    ['one byte of the first body', edited(0, { body: `${entries[0]!.body} ` }), 'body_changed', 0],
    ['one byte of the last body', edited(39, { body: `${entries[39]!.body} ` }), 'body_changed', 39],
    ['a body, and its hash recomputed', edited(7, rehashed({ ...entries[7]!, body: '{}' })), 'body_changed', 7],
    ['a time', edited(7, { at: String(Number(entries[7]!.at) + 1) }), 'body_changed', 7],
    ['a time, back before the last', edited(7, { at: '5' }), 'body_changed', 7],
    ['a number, upward', edited(7, { seq: base + 70 }), 'body_changed', 7],
    ['a number, downward', edited(7, { seq: base + 1 }), 'body_changed', 7],
    ['a hash column', edited(7, { hash: flip(entries[7]!.hash) }), 'hash_changed', 7],
    ['a link', edited(7, { prev: flip(entries[7]!.prev) }), 'link_broken', 7],
    ['the link of the first entry', edited(0, { prev: flip(entries[0]!.prev) }), 'link_broken', 0],
    ['a deleted entry', entries.toSpliced(7, 1), 'missing', 7],
    ['three deleted entries', entries.toSpliced(7, 3), 'missing', 7],
    ['the first entry deleted', entries.slice(1), 'missing', 0],
    ['a deleted entry, the rest renumbered', renumbered(entries.toSpliced(7, 1)), 'missing', 7],
    ['two rows in the wrong order', entries.with(7, entries[8]!).with(8, entries[7]!), 'reordered', 7],
    ['two distant rows in the wrong order', entries.with(7, entries[20]!).with(20, entries[7]!), 'reordered', 7],
    ['two entries with their numbers exchanged', exchanged(7, 8, ['at', 'prev', 'hash', 'body']), 'reordered', 7],
    ['two distant entries with their numbers exchanged', exchanged(7, 20, ['at', 'prev', 'hash', 'body']), 'reordered', 7],
    ['two bodies exchanged', exchanged(7, 20, ['body']), 'reordered', 7],
    ['two contents exchanged with their hashes', exchanged(7, 8, ['at', 'hash', 'body']), 'reordered', 7],
    ['an entry twice', entries.toSpliced(8, 0, entries[7]!), 'inserted', 7],
    ['a forged entry, the rest renumbered', renumbered(entries.toSpliced(7, 0, forged)), 'inserted', 7],
    ['a chain of another organisation', foreign, 'body_changed', 0],
    ['an unreadable hash', edited(7, { hash: 'x' }), 'malformed', 7],
    ['a lone surrogate', edited(7, { body: '"\ud800"' }), 'malformed', 7],
  ]
}
