import { PassThrough } from 'node:stream'
import type { Events } from '@holdfast/contract'

/** A comment is sent so often, so that both sides notice when the other has gone. */
const heartbeatMs = 15_000

/** Streams of server-sent events that are open, so that a server that stops can end them. */
export interface EventStreams {
  open: (operation: Events, source: AsyncIterable<unknown>) => PassThrough
  endAll: () => void
}

/** Each value of a source becomes one event (HTML § 9.2.6); a listener who does not read is not written to any further. */
export const createEventStreams = (onError: (error: unknown) => void): EventStreams => {
  const streams = new Set<PassThrough>()

  const feed = async (operation: Events, source: AsyncIterable<unknown>, out: PassThrough): Promise<void> => {
    for await (const value of source) {
      if (out.destroyed || out.writableEnded) return
      const data = JSON.stringify(operation.data.parse(value))
      const kept = out.write(`event: ${operation.event}\ndata: ${data}\n\n`)
      if (!kept) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve))
    }
  }
  return {
    open: (operation, source) => {
      const out = new PassThrough()
      const timer = setInterval(() => void (out.writableNeedDrain || out.write(':\n\n')), heartbeatMs)
      streams.add(out)
      out.once('close', () => {
        clearInterval(timer)
        streams.delete(out)
      })
      out.on('error', () => {}) // the listener has gone
      feed(operation, source, out)
        .catch(onError)
        .finally(() => out.end())
      return out
    },
    endAll: () => {
      for (const out of streams) out.end()
    },
  }
}
