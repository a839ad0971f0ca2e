import { bytesToHex, equalBytes, hexToBytes } from './encoding.ts'
import { LedgerError } from './errors.ts'
import type { Checkpoint } from './checkpoint.ts'
import { createCheckpointChecks } from './checkpoint-checks.ts'
import { diagnose, type Diagnosis } from './diagnose.ts'
import { createEntryHasher, genesis, rawEntry, type Entry, type RawEntry } from './format.ts'
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
  /** The same in bytes, much faster; nothing of `entry` is kept. */
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
  const head = from === 0 ? hexToBytes(genesis(org)) : new Uint8Array(32)
  let headKnown = from === 0
  let seq = from
  let at = 0
  let found: Failure | null = checks.invalid
  let diagnosis: Diagnosis | null = null

  const checkHere = () => {
    found ??= checks.at(seq, head, () => (range ? rootOf(range) : null))
  }
  const begin = (entry: RawEntry) => {
    // A range that starts later takes its first link from a checkpoint of just that size, or as it stands.
    if (!headKnown) head.set(checks.headAt(from) ?? entry.prev)
    headKnown = true
    checkHere()
    return found === null
  }
  const suspect = (entry: RawEntry): boolean => {
    const first = diagnose({ org, seq, prev: head.slice(), at, from }, entry)
    if ('kind' in first) found = first
    else diagnosis = first
    return found === null
  }
  const pushRaw = (entry: RawEntry): boolean => {
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
    const fits = entry.seq === seq && entry.at >= at && equalBytes(entry.prev, head)
    const hash = fits ? hasher.entry(entry) : head
    if (!fits || !equalBytes(hash, entry.hash)) return suspect(entry)
    for (let i = 0; i < 32; i++) head[i] = hash[i]!
    at = entry.at
    seq++
    if (range) append(range, hash)
    if (seq === checks.nextSize) checkHere()
    if (onProgress && (seq - from) % progressEvery === 0) onProgress(seq - from)
    return found === null
  }
  const conclude = (): Failure | null => {
    if (found || diagnosis) return found ?? diagnosis!.end()
    if (headKnown) checkHere()
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
  return {
    push(entry) {
      try {
        return pushRaw(rawEntry(entry))
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error
        this.fail('malformed', `Entry ${seq} cannot be read: ${error.message}.`)
        return false
      }
    },
    pushRaw,
    fail(kind, message) {
      found ??= diagnosis?.end() ?? failure(kind, seq, message)
    },
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
        head: bytesToHex(head),
        root,
        checkpoints: checks.agreed,
        message: praise(from, count, checks.agreed.length),
      }
    },
  }
}

function praise(from: number, count: number, checkpoints: number): string {
  if (count === 0) return 'There are no entries to verify.'
  const whole = `${entriesText(from, from + count - 1)} ${count === 1 ? 'is' : 'are'} whole, in order and unchanged`
  if (checkpoints === 0)
    return `${whole}, as far as the chain alone can tell; only a checkpoint kept elsewhere would show a rewritten chain or a cut end.`
  return `${whole}, and ${checkpoints === 1 ? 'agrees with the checkpoint' : `agree with all ${checkpoints} checkpoints`} given.`
}
