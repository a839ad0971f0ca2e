import type { StateKind } from '../../kit/index.ts'
import { count } from '../../kit/index.ts'

export interface Checked {
  /** What this browser has: how many chunks, their hash, and the first that is missing. */
  here: { chunks: number; head: string; brokenAt: number | null }
  /** What the server says of the recording. */
  told: { chunks: number; head: string; running: boolean }
  /** The entry of the newest chunk in the ledger, and the hash in it; null where the reader may not see it, or it is not here yet. */
  entry: { seq: number; hash: string } | null
}

export interface Finding {
  kind: StateKind
  word: string
  sentence: string
}

const parts = (n: number): string => (n === 1 ? 'the one part' : `all ${count(n)} parts`)

/** What can be said of a recording, and no more than that. */
export const findingOf = ({ here, told, entry }: Checked): Finding => {
  if (here.brokenAt !== null)
    return {
      kind: 'bad',
      word: 'Not whole',
      sentence: `Part ${here.brokenAt + 1} is missing or cannot be read. What is shown ends before it. Parts only vanish when somebody goes around the application.`,
    }
  if (here.chunks < told.chunks)
    return { kind: 'quiet', word: 'Being checked', sentence: `${count(here.chunks)} of ${count(told.chunks)} parts are here.` }
  if (told.chunks === 0)
    return {
      kind: 'quiet',
      word: 'Empty',
      sentence: told.running ? 'Nothing has arrived yet.' : 'Nothing arrived that could be checked.',
    }
  if (here.head !== told.head)
    return {
      kind: 'bad',
      word: 'Not whole',
      sentence:
        'The hashes that this browser computed do not end in the one the server holds: something was changed after it had arrived.',
    }
  if (entry && entry.hash !== told.head)
    return {
      kind: 'bad',
      word: 'Not whole',
      sentence: `Entry ${entry.seq} of the ledger has another hash for its newest part: the recording was changed after it had arrived.`,
    }
  return {
    kind: 'good',
    word: told.running ? 'Whole so far' : 'Whole',
    sentence: `This browser computed the hash of ${parts(told.chunks)}, each over the one before. The last is the one the server holds${
      entry ? `, and the one that entry ${entry.seq} of the ledger recorded when that part arrived` : ''
    }.`,
  }
}
