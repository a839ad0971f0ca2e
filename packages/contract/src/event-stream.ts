import type { EventOf, Events } from './operation.ts'

/** Longer than this a line is none of ours. */
const longestLine = 65_536

/**
 * The events of a stream as they come, until it ends (WHATWG HTML § 9.2.6); comments and events of other names are passed over. Throws when it breaks
 * off. Left early, it lets go of the stream.
 */
export async function* eventsOf<O extends Events>(operation: O, response: Response): AsyncGenerator<EventOf<O>, void, void> {
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let name = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split(/\r?\n/)
      rest = lines.pop() ?? ''
      if (rest.length > longestLine) throw new Error('the stream is none of events')
      for (const line of lines) {
        if (line === '') name = ''
        else if (line.startsWith('event: ')) name = line.slice('event: '.length)
        else if (line.startsWith('data: ') && name === operation.event)
          yield operation.data.parse(JSON.parse(line.slice('data: '.length))) as EventOf<O>
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
