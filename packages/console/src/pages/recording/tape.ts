import { castEventsOf, createCastLines, type CastEvent, type CastLine } from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'

/** What of a recording is in this browser: its events, its text, and the chain over it, which is computed here. */
export interface Tape {
  /** `last`: nothing follows, so that a line which is not finished is one. */
  add(chunk: { index: number; content: string }, last: boolean): void
  /** The server has no more, though it should: what is next is missing. */
  breakOff(): void
  events: readonly CastEvent[]
  lines: readonly CastLine[]
  /** Chunks in it, and the hash over them: what the server says must be the head, when all are here. */
  chunks(): number
  head(): string
  characters(): number
  /** The first chunk that was missing or could not be read; null so far. Nothing after it is taken. */
  brokenAt(): number | null
  /** How long it lasts, in seconds. */
  seconds(): number
}

export const createTape = (id: string): Tape => {
  const events: CastEvent[] = []
  const lines: CastLine[] = []
  const linesOf = createCastLines()
  let [head, next, characters] = [recordingRoot(id), 0, 0]
  let brokenAt: number | null = null
  return {
    events,
    lines,
    breakOff: () => void (brokenAt ??= next),
    add({ index, content }, last) {
      if (brokenAt !== null) return
      const more = castEventsOf(content)
      if (index !== next || more === null) {
        brokenAt = next
        return
      }
      head = recordingHash(head, index, content)
      next += 1
      characters += content.length
      for (const event of more) events.push(event)
      for (const line of linesOf(more, last)) lines.push(line)
    },
    chunks: () => next,
    head: () => head,
    characters: () => characters,
    brokenAt: () => brokenAt,
    seconds: () => events.at(-1)?.[0] ?? 0,
  }
}
