import { bytesToHex, hexInto } from './encoding.ts'
import { LedgerError } from './errors.ts'
import type { Checkpoint } from './checkpoint.ts'
import { createCheckpointChecks } from './checkpoint-checks.ts'
import { diagnose, type Diagnosis } from './diagnose.ts'
import { checkHash, createEntryHasher, genesis, rawEntry, type Entry, type RawEntry } from './format.ts'
import { append, emptyRange, rootOf } from './merkle.ts'
import { entries as entriesText, failure, type Failure, type Verdict } from './verdict.ts'

/**
 * `from` and `to` (half-open) bound the range when it is known; `to` absent: as many as come. `checkpoints` are believed: check their
 * signatures first (`verifyCheckpoint`). `onProgress` gets the number of entries verified, every `progressEvery` (10,000) of them.
 */
export type VerifyOptions = {
  org: string
  from?: number
  to?: number
  checkpoints?: readonly Checkpoint[]
  onProgress?: (entries: number) => void
  progressEvery?: number
}

/** Constant memory. `push` answers false once more entries cannot change the verdict; call `finish` then, or after the last entry. */
export type Verifier = {
  push(entry: Entry): boolean
  /** The same without reading numbers from text; `entry` may be reused. */
  pushRaw(entry: RawEntry): boolean
  /** Unreadable input where the next entry should be: `message` says why. */
  fail(kind: 'malformed' | 'truncated', message: string): void
  /** The number of the entry that should come next. */
  readonly position: number
  /** `last`: the checkpoint that closes an export; it must be of just the size reached. */
  finish(last?: Checkpoint): Verdict
}

export function createVerifier(options: VerifyOptions): Verifier {
  const { org, from = 0, to, onProgress, progressEvery = 10_000 } = options
  const hasher = createEntryHasher(org)
  const range = from === 0 ? emptyRange() : null
  const checks = createCheckpointChecks(org, from, options.checkpoints ?? [])
  // Hex, empty while unknown; `hasher.prev` holds the same in bytes.
  let head = ''
  const advance = (hash: string) => {
    head = hash
    hexInto(hash, hasher.prev)
  }
  if (from === 0) advance(genesis(org))
  let seq = from
  let at = 0
  let found: Failure | null = checks.invalid
  let diagnosis: Diagnosis | null = null

  const checkHere = () => {
    found ??= checks.at(seq, head, () => (range ? rootOf(range) : null))
  }
  const begin = (entry: RawEntry) => {
    // A range that starts later takes its first link from a checkpoint of just that size, or as it stands.
    if (head === '') advance(checks.headAt(from) ?? checkHash(entry.prev, 'prev'))
    checkHere()
    return found === null
  }
  const suspect = (entry: RawEntry): boolean => {
    checkHash(entry.prev, 'prev')
    checkHash(entry.hash, 'hash')
    const first = diagnose({ org, seq, prev: head, at, from }, entry)
    if ('kind' in first) found = first
    else diagnosis = first
    return found === null
  }
  const take = (entry: RawEntry): boolean => {
    if (found) return false
    if (diagnosis) return (found = diagnosis.next(entry)) === null
    if (seq === from && !begin(entry)) return false
    if (seq === to) {
      found = failure(
        'inserted',
        seq,
        `Entry ${entry.seq} stands after the end: the header says that there are entries up to ${seq - 1} only.`,
      )
      return false
    }
    if (entry.seq !== seq || entry.at < at || entry.prev !== head) return suspect(entry)
    const hash = hasher.entry(seq, entry.at, entry.body)
    if (hash !== entry.hash) return suspect(entry)
    advance(hash)
    if (range) append(range, hasher.prev)
    at = entry.at
    seq++
    if (seq === checks.nextSize) checkHere()
    if (onProgress && (seq - from) % progressEvery === 0) onProgress(seq - from)
    return found === null
  }
  const conclude = (): Failure | null => {
    if (found || diagnosis) return found ?? diagnosis!.end()
    if (head !== '') checkHere()
    if (found) return found
    if (to !== undefined && seq < to) {
      return failure(
        'truncated',
        seq,
        `${entriesText(seq, to - 1)} ${to - 1 === seq ? 'is' : 'are'} missing at the end: the header announces them.`,
      )
    }
    return checks.beyond(seq)
  }
  const fail = (kind: 'malformed' | 'truncated', message: string) => {
    found ??= diagnosis?.end() ?? failure(kind, seq, message)
  }
  const unreadable = (error: unknown): boolean => {
    if (!(error instanceof LedgerError)) throw error
    fail('malformed', `Entry ${seq} cannot be read: ${error.message}.`)
    return false
  }
  return {
    push(entry) {
      try {
        return take(rawEntry(entry))
      } catch (error) {
        return unreadable(error)
      }
    },
    pushRaw(entry) {
      try {
        return take(entry)
      } catch (error) {
        return unreadable(error)
      }
    },
    fail,
    get position() {
      return seq
    },
    finish(last) {
      if (last && !diagnosis) found ??= checks.addLast(last, seq)
      const bad = conclude()
      const count = seq - from
      if (bad) return { ok: false, entries: count, ...bad }
      const root = range ? bytesToHex(rootOf(range)) : null
      return {
        ok: true,
        org,
        from,
        entries: count,
        head,
        root,
        checkpoints: checks.agreed,
        message: praise(from, count, checks.agreed.length),
      }
    },
  }
}

/** What a good verdict says. */
export function praise(from: number, count: number, checkpoints: number): string {
  if (count === 0) return 'There are no entries to verify.'
  const whole = `${entriesText(from, from + count - 1)} ${count === 1 ? 'is' : 'are'} whole, in order and unchanged`
  if (checkpoints === 0)
    return `${whole}, as far as the chain alone can tell; only a checkpoint kept elsewhere would show a rewritten chain or a cut end.`
  return `${whole}, and ${count === 1 ? 'agrees' : 'agree'} with ${checkpoints === 1 ? 'the checkpoint' : `all ${checkpoints} checkpoints`} given.`
}
