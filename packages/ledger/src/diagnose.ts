import { sha256 } from '#sha256'
import { hexInto } from './encoding.ts'
import { createEntryHasher, type EntryHasher, type RawEntry } from './format.ts'
import { entries, failure, type Failure } from './verdict.ts'

/** Where verification stopped: the entry that should come next, the hash and time of the one before it, and the start of the range. */
export type Expected = { org: string; seq: number; prev: string; at: number; from: number }

/**
 * Names what happened at the first entry that does not fit. One entry seldom tells: `next` takes the entries after it, and answers
 * the finding once it is sure; `end` answers the best reading of what was seen. Constant memory.
 */
export type Diagnosis = { next(entry: RawEntry): Failure | null; end(): Failure }

/** How far an entry's number may have been shifted by removals or insertions before it and still be recognised. */
const MAX_SHIFT = 1000

/** Answers a failure at once where the entry alone is evidence enough. */
export function diagnose(expected: Expected, bad: RawEntry): Diagnosis | Failure {
  const hasher = createEntryHasher(expected.org)
  const entry: RawEntry = { ...bad }
  const bodyHash = sha256(entry.body)
  const { seq } = expected
  const hashAs = (number: number, prev: string) => {
    hexInto(prev, hasher.prev)
    return hasher.withBodyHash(number, entry.at, bodyHash)
  }

  if (entry.seq !== seq) return diagnoseNumber(expected, entry, hasher, hashAs(seq, entry.prev) === entry.hash)
  const linked = entry.prev === expected.prev
  const whole = hashAs(seq, entry.prev) === entry.hash
  if (linked && whole) {
    return failure('time_went_back', seq, `Entry ${seq} is older than entry ${seq - 1}, which was written before it.`)
  }
  if (linked) return diagnoseContent(expected, entry, hasher, hashAs(seq, entry.prev))
  if (whole) return foreignPredecessor(expected)
  if (hashAs(seq, expected.prev) === entry.hash) {
    return failure('link_broken', seq, `Entry ${seq} no longer names the hash of the entry before it: its link was changed.`)
  }
  return diagnoseShift(
    expected,
    entry,
    hasher,
    shiftOf(seq, (number) => hashAs(number, entry.prev) === entry.hash),
  )
}

function diagnoseNumber(expected: Expected, bad: RawEntry, hasher: EntryHasher, renumbered: boolean): Diagnosis | Failure {
  const { seq } = expected
  if (renumbered) {
    return failure('body_changed', seq, `Entry ${seq} was changed after it was written: its number now reads ${bad.seq}.`)
  }
  if (bad.seq < seq) {
    return failure('inserted', bad.seq, `Entry ${bad.seq} appears again after entry ${seq - 1}: an entry was inserted or moved.`)
  }
  const verb = bad.seq - 1 === seq ? 'is' : 'are'
  const gone = failure(
    'missing',
    seq,
    `${entries(seq, bad.seq - 1)} ${verb} missing: entry ${bad.seq} stands where entry ${seq} should.`,
  )
  return lookFor(expected, bad, hasher, gone)
}

/** The link holds and the hash does not fit the content: one of the two was changed. The next entry was witness to the original. */
function diagnoseContent(expected: Expected, bad: RawEntry, hasher: EntryHasher, computed: string): Diagnosis {
  const { seq } = expected
  const changed = failure(
    'body_changed',
    seq,
    `Entry ${seq} was changed after it was written: its content no longer matches its hash.`,
  )
  const search = lookFor(expected, bad, hasher, changed)
  let first = true
  return {
    next(entry) {
      if (first && entry.seq === seq + 1 && entry.prev === computed) {
        return failure(
          'hash_changed',
          seq,
          `The stored hash of entry ${seq} was changed: its content still matches what entry ${seq + 1} recorded.`,
        )
      }
      first = false
      return search.next(entry)
    },
    end: search.end,
  }
}

/** The entry is whole and points elsewhere: it was written after another entry than the one standing before it. */
function foreignPredecessor({ seq, from }: Expected): Failure {
  if (seq === from) {
    const start = seq === 0 ? 'the beginning of this organisation’s ledger' : `entry ${seq - 1} of the checkpoint`
    return failure('link_broken', seq, `Entry ${seq} does not follow ${start}: it belongs to another history.`)
  }
  return failure(
    'body_changed',
    seq - 1,
    `Entry ${seq - 1} was replaced and its hash recomputed: entry ${seq} was written after a different entry ${seq - 1}.`,
  )
}

/** Neither link nor hash fits: the entry may have been written under another number. */
function diagnoseShift(expected: Expected, bad: RawEntry, hasher: EntryHasher, shift: number): Diagnosis {
  const { seq } = expected
  if (shift < 0) {
    const count = -shift === 1 ? 'an entry was' : `${-shift} entries were`
    const first = Math.max(expected.from, seq + shift)
    const found = failure(
      'inserted',
      first,
      `Entry ${first} does not belong there: ${count} inserted, and entry ${seq} was written as entry ${seq + shift}.`,
    )
    return { next: () => found, end: () => found }
  }
  const otherwise =
    shift > 0
      ? failure(
          'missing',
          seq,
          `${entries(seq, seq + shift - 1)} ${shift === 1 ? 'is' : 'are'} missing: what stands there was written as entry ${seq + shift} and renumbered.`,
        )
      : failure(
          'body_changed',
          seq,
          `Entry ${seq} was changed after it was written: neither its hash nor its link to entry ${seq - 1} fits.`,
        )
  return lookFor(expected, bad, hasher, otherwise)
}

/** Searches the rest for the true entry; where it stands tells a reordering from a loss or a change. */
function lookFor(expected: Expected, bad: RawEntry, hasher: EntryHasher, otherwise: Failure): Diagnosis {
  const { seq, prev } = expected
  const fits = (at: number, bodyHash: Uint8Array, hash: string) => {
    hexInto(prev, hasher.prev)
    return hasher.withBodyHash(seq, at, bodyHash) === hash
  }
  return {
    next(entry) {
      const moved =
        entry.seq === seq
          ? `The entries are out of order: entry ${seq} stands after entry ${bad.seq}.`
          : `Entries ${seq} and ${entry.seq} were swapped or reordered: what was written as entry ${seq} now stands as entry ${entry.seq}.`
      if (entry.seq === seq) return failure('reordered', seq, moved)
      const bodyHash = sha256(entry.body)
      const found = fits(entry.at, bodyHash, entry.hash) || fits(entry.at, bodyHash, bad.hash) || fits(bad.at, bodyHash, bad.hash)
      return found ? failure('reordered', seq, moved) : null
    },
    end: () => otherwise,
  }
}

/** 0 when no number near `seq` makes the entry whole. */
function shiftOf(seq: number, whole: (number: number) => boolean): number {
  for (let shift = 1; shift <= MAX_SHIFT; shift++) {
    if (whole(seq + shift)) return shift
    if (seq - shift >= 0 && whole(seq - shift)) return -shift
  }
  return 0
}
