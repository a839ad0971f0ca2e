import { z } from 'zod'

/** What the chunks of a recording hold: lines, each an event of asciicast v2. Read by the server, which searches it, and by the console, which plays it. */

/** Seconds since the beginning, and output, a resize (`120x40`), or a mark. */
export const CastEvent = z.tuple([z.number().min(0).max(10_000_000), z.enum(['o', 'r', 'm']), z.string()])
export type CastEvent = z.infer<typeof CastEvent>

/** The events of a chunk; null where a line is none. */
export const castEventsOf = (content: string): CastEvent[] | null => {
  try {
    return content
      .trimEnd()
      .split('\n')
      .map((line) => CastEvent.parse(JSON.parse(line)))
  } catch {
    return null
  }
}

export interface CastLine {
  /** When it ended. */
  seconds: number
  line: string
}

/** What a terminal does with them, not what it shows. */
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|[ -/]*[0-~])/g

/** Lines of output as text, without what only moves or colours. What is not finished yet is kept for the next chunk. */
export const createCastLines = () => {
  let rest = ''
  return (events: readonly CastEvent[], last: boolean): CastLine[] => {
    const lines: CastLine[] = []
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

const Path = z.string().max(5000)
/** A mark of a recorded file transfer, as JSON: what was asked, before it was passed on; then, under the same number, what came of it. */
export const TransferMark = z.union([
  z.object({
    n: z.number().int().min(0),
    act: z.enum(['read', 'write', 'list', 'remove', 'rename', 'make_directory', 'remove_directory', 'link', 'attributes']),
    path: Path,
    to: Path.optional(),
  }),
  z.object({
    n: z.number().int().min(0),
    result: z.enum(['done', 'failed', 'unknown']).describe('unknown: it ended before the server answered'),
    why: z.string().max(300).optional(),
    bytes: z.number().int().min(0).optional().describe('read or written'),
  }),
])
export type TransferMark = z.infer<typeof TransferMark>
