import { formatCheckpoint, originOf, verifyExport, type FailureKind, type Verdict } from '@holdfast/ledger'
import type { Seen } from './memory.ts'
import type { OutsideNote } from './notes.ts'
import type { Progress } from './serverVerdict.ts'
import { count, entriesInWords, meanings } from './words.ts'

/** What to hold a chain against. */
export interface Ask {
  /** The organisation whose chain it must be; a file of another is refused. */
  org: string
  /** First entry of the range; 0 for a whole chain. */
  from: number
  /** Checkpoints held outside; their signatures are checked when they are handed in, not here. */
  outside: (OutsideNote & { size: number })[]
  seen: Seen | null
}

/** Whether one checkpoint agrees with the chain; null when the chain broke before it, or begins after it. */
export interface Held {
  name: string
  size: number
  agrees: boolean | null
}

interface Found {
  /** Entries that were verified; before the first bad one when there is one. */
  entries: number
  headline: string
  /** The verifier's own sentence. */
  sentence: string
  /** What that means, or what it still does not prove. */
  meaning: string
  held: Held[]
  bytes: number
}
export type Finding = Found &
  ({ ok: true; org: string; head: string; root: string | null } | { ok: false; seq: number; kind: FailureKind })

/** The name under which the browser's own memory stands among the checkpoints. */
export const thisBrowser = 'This browser'

const agreement = (verdict: Verdict, from: number, size: number): boolean | null => {
  const reached = from + verdict.entries
  if (size < from) return null
  if (verdict.ok || size < reached) return size <= reached
  if (verdict.kind === 'truncated') return size === reached
  if (size > reached) return null
  return verdict.kind === 'rewritten' ? false : true
}

const headlines: Partial<Record<FailureKind, (seq: number) => string>> = {
  body_changed: (seq) => `Entry #${seq} was changed`,
  hash_changed: (seq) => `The hash of entry #${seq} was changed`,
  link_broken: (seq) => `Entry #${seq} does not follow the one before it`,
  missing: (seq) => `Entry #${seq} is missing`,
  reordered: (seq) => `Entry #${seq} is out of order`,
  inserted: (seq) => `Entry #${seq} was inserted`,
  time_went_back: (seq) => `Entry #${seq} is older than the one before it`,
  truncated: (seq) => `The end is missing, from entry #${seq} on`,
  rewritten: (seq) => `The chain was rewritten from entry #${seq} on`,
  malformed: (seq) => `Entry #${seq} cannot be read`,
}

const memorySentence = (seen: Seen | null, held: Held[]): string => {
  const mine = held.find((one) => one.name === thisBrowser)
  if (!seen || mine?.agrees !== false) return ''
  return ` This browser has seen ${entriesInWords(seen.size)} of another chain on ${seen.at.slice(0, 10)}: what it saw then is not what is shown now.`
}

const praise = (held: Held[]): string => {
  const agreeing = held
    .filter((one) => one.agrees)
    .map((one) => (one.name === thisBrowser ? 'what this browser saw before' : `the checkpoint “${one.name}”`))
  if (agreeing.length === 0)
    return 'Hand in a checkpoint held outside, and that is found out too. From now on this browser remembers what it saw.'
  return `It also agrees with ${agreeing.join(', and with ')}: it was neither rewritten nor cut since then.`
}

const findingOf = (verdict: Verdict, ask: Ask, bytes: number): Finding => {
  const claims = [...(ask.seen ? [{ name: thisBrowser, size: ask.seen.size }] : []), ...ask.outside]
  const held = claims.map(({ name, size }) => ({ name, size, agrees: agreement(verdict, ask.from, size) }))
  const found = { entries: verdict.entries, sentence: verdict.message, held, bytes }
  if (verdict.ok) {
    const { org, head, root } = verdict
    const headline = verdict.entries === 0 ? 'There is nothing to verify yet' : `All ${count(verdict.entries)} entries are whole`
    return {
      ...found,
      ok: true,
      org,
      head,
      root,
      headline: verdict.entries === 1 ? 'The one entry is whole' : headline,
      meaning: praise(held),
    }
  }
  const { seq, kind } = verdict
  const headline = headlines[kind]?.(seq) ?? 'A checkpoint cannot be believed'
  return { ...found, ok: false, seq, kind, headline, meaning: meanings[kind] + memorySentence(ask.seen, held) }
}

/** A note without signatures: what this browser saw needs nobody's word. */
const noteOf = (org: string, seen: Seen): string =>
  formatCheckpoint({ origin: originOf(org), size: seen.size, root: seen.root, head: null })

/** Recomputes an export as it streams by, in constant memory. Rejects only when reading fails: a broken chain is a finding. */
export const verifyChunks = async (
  chunks: AsyncIterable<Uint8Array>,
  ask: Ask,
  onProgress: (progress: Progress) => void,
): Promise<Finding> => {
  let bytes = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      yield chunk
    }
  }
  const verdict = await verifyExport(counted(), {
    org: ask.org,
    checkpoints: [...(ask.seen ? [noteOf(ask.org, ask.seen)] : []), ...ask.outside.map(({ note }) => note)],
    onProgress: ({ entries, total }) => onProgress({ entries, total, bytes }),
    progressEvery: 2_000,
  })
  return findingOf(verdict, ask, bytes)
}
