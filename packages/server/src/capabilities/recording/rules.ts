import { recordingHash, recordingRoot } from '@holdfast/crypto'
import { z } from 'zod'

/** Bounds what one session may fill: some 100 MB. Beyond it the session is ended, not recorded no more. */
export const maxChunks = 2000
export const maxCharacters = 100_000_000
export const keptDays = 365
/** A recording of which nothing was heard for so long after the end of its grant ends without its agent. */
export const silentHours = 24

/** asciicast v2: output, a resize, a mark. */
const Event = z.tuple([z.number().min(0).max(10_000_000), z.enum(['o', 'r', 'm']), z.string()])
export type Event = z.infer<typeof Event>

/** The events of a chunk; null where a line is none. */
export const eventsOf = (content: string): Event[] | null => {
  try {
    return content
      .trimEnd()
      .split('\n')
      .map((line) => Event.parse(JSON.parse(line)))
  } catch {
    return null
  }
}

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

/** What a terminal does with them, not what it shows. */
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|[ -/]*[0-~])/g

/** Lines of output as text, each with the second at which it ended. What is not finished yet is kept for the next chunk. */
export const createLines = () => {
  let rest = ''
  return (events: readonly Event[], last: boolean): { seconds: number; line: string }[] => {
    const lines: { seconds: number; line: string }[] = []
    for (const [seconds, kind, data] of events) {
      if (kind === 'r') continue
      const parts = (rest + (kind === 'm' ? `\n${data}\n` : data)).split('\n')
      rest = (parts.pop() ?? '').slice(-10_000)
      lines.push(...parts.map((line) => ({ seconds, line })))
    }
    const end = events.at(-1)
    if (last && end && rest !== '') lines.push({ seconds: end[0], line: rest })
    // eslint-disable-next-line no-control-regex -- control characters are what is taken out
    return lines.map(({ seconds, line }) => ({ seconds, line: line.replace(escapes, '').replace(/[\u0000-\u001f\u007f]/g, '') }))
  }
}
