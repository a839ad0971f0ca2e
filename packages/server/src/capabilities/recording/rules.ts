import { recordingHash, recordingRoot } from '@holdfast/ledger'

/** Bounds what one session may fill: some 100 MB. Beyond it the session is ended, not recorded no more. */
export const maxChunks = 2000
export const maxCharacters = 100_000_000
export const keptDays = 365
/** A recording of which nothing was heard for so long after the end of its grant ends without its agent. */
export const silentHours = 24

export interface Link {
  index: number
  hash: string
  content: string
}

/** The first place at which a chain is not whole: a chunk edited, missing or out of its order. Goes on from where a part before it ended. */
export const createCheck = (recording: string) => {
  let [previous, next] = [recordingRoot(recording), 0]
  return {
    /** False at the first chunk that does not follow. */
    add({ index, hash, content }: Link): boolean {
      if (index !== next || recordingHash(previous, index, content) !== hash) return false
      previous = hash
      next++
      return true
    },
    at: () => ({ head: previous, chunks: next }),
  }
}
