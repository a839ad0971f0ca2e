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

export interface Posture {
  sshdCheckedAt: Date | null
  sshdWays: string[] | null
}

/** An agent looks every hour. */
export const postureStaleMs = 2 * 3_600_000

/** Why it is not known that a server honours certificates alone; null when it is. */
export const postureGap = ({ sshdCheckedAt, sshdWays }: Posture, now: Date): string | null => {
  if (sshdCheckedAt === null || sshdWays === null) return 'an agent that does not report it'
  if (now.getTime() - sshdCheckedAt.getTime() > postureStaleMs) return 'a report that is too old'
  return sshdWays.length === 0 ? null : 'another way in'
}
