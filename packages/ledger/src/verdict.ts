/**
 * What is wrong, as far as the evidence tells:
 * - `body_changed`: an entry's content (body, time or number) is not what its hash or its successor says it was.
 * - `hash_changed`: the content is whole; the stored hash was altered.
 * - `link_broken`: the stored `prev` was altered, or the first entry does not start where the ledger starts.
 * - `missing`, `inserted`, `reordered`: entries are gone, extra, or in another's place.
 * - `time_went_back`: a whole entry is older than the one before it.
 * - `truncated`: the end is gone. `rewritten`: the chain is whole, but is not the one that was signed.
 * - `malformed`: unreadable. `checkpoint_invalid`: a checkpoint cannot be believed, so nothing is said about the entries.
 */
export type FailureKind =
  | 'body_changed'
  | 'hash_changed'
  | 'link_broken'
  | 'missing'
  | 'reordered'
  | 'inserted'
  | 'time_went_back'
  | 'truncated'
  | 'rewritten'
  | 'malformed'
  | 'checkpoint_invalid'

/** `seq` is the first bad entry; `message` one plain sentence that names it. */
export type Failure = { seq: number; kind: FailureKind; message: string }

/** `head` and `root` in hex. `root` is null for a range that starts after entry 0. `entries` counts those verified (before the failure). */
export type Verdict =
  | {
      ok: true
      org: string
      from: number
      entries: number
      head: string
      root: string | null
      checkpoints: { origin: string; size: number }[]
      message: string
    }
  | ({ ok: false; entries: number } & Failure)

export function failure(kind: FailureKind, seq: number, message: string): Failure {
  return { kind, seq, message }
}

/** "Entry 7", or "Entries 7 to 9". */
export function entries(first: number, last: number): string {
  return first === last ? `Entry ${first}` : `Entries ${first} to ${last}`
}
