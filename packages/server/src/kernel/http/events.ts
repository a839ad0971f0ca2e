import { PassThrough } from 'node:stream'
import type { Events } from '@holdfast/contract'
import { common } from '../problem.ts'

/** A comment is sent so often, so that both sides notice when the other has gone. */
const heartbeatMs = 15_000

export interface StreamLimits {
  /** Streams of one person, key or service account that are open at once. */
  perListener: number
  /** Streams of all of them together; agents, which hold one each, are not counted. */
  total: number
  /** So often it is looked whether a listener may still listen. A revocation ends a stream within a second. */
  lookMs: number
}
export const defaultStreamLimits: StreamLimits = { perListener: 6, total: 500, lookMs: 600 }

/** Who listens for as long as they may; null: an agent, whose stream ends with its host. */
export interface Listener {
  name: string
  /** Asked again and again; false, and any failure, ends the stream. */
  mayStill: () => Promise<boolean>
}

/** Streams of server-sent events that are open, so that a server that stops can end them. */
export interface EventStreams {
  /** Throws `rate_limited` where there are too many; call it before anything is begun for the listener. */
  admit: (listener: Listener | null) => void
  open: (operation: Events, source: AsyncIterable<unknown>, listener: Listener | null) => PassThrough
  endAll: () => void
}

/** Each value of a source becomes one event (HTML § 9.2.6); a listener who does not read is not written to any further. */
export const createEventStreams = (
  onError: (error: unknown) => void,
  { perListener, total, lookMs }: StreamLimits = defaultStreamLimits,
): EventStreams => {
  const streams = new Map<PassThrough, Listener | null>()
  let looking: NodeJS.Timeout | null = null

  const feed = async (operation: Events, source: AsyncIterable<unknown>, out: PassThrough): Promise<void> => {
    for await (const value of source) {
      if (out.destroyed || out.writableEnded) return
      const data = JSON.stringify(operation.data.parse(value))
      const kept = out.write(`event: ${operation.event}\ndata: ${data}\n\n`)
      if (!kept) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve))
    }
  }
  const listened = (): [PassThrough, Listener][] => [...streams].flatMap(([out, listener]) => (listener ? [[out, listener]] : []))
  /** All in one moment, so that the look-ups of their credentials share a statement; the next time once these are answered. */
  const look = async (): Promise<void> => {
    const asked = listened().map(([out, { mayStill }]) =>
      mayStill().then(
        (may) => void (may || out.end()),
        () => out.end(), // whoever cannot be shown to be let in is not; they come back and ask
      ),
    )
    await Promise.all(asked)
    looking = listened().length > 0 ? setTimeout(() => void look(), lookMs) : null
  }
  return {
    admit: (listener) => {
      if (!listener) return
      const open = listened()
      if (open.length < total && open.filter(([, { name }]) => name === listener.name).length < perListener) return
      throw common('rate_limited', {
        detail: `At most ${perListener} event streams at once. Close one, or ask now and then instead.`,
        retryAfterSeconds: 60,
      })
    },
    open: (operation, source, listener) => {
      const out = new PassThrough()
      const timer = setInterval(() => void (out.writableNeedDrain || out.write(':\n\n')), heartbeatMs)
      streams.set(out, listener)
      if (listener) looking ??= setTimeout(() => void look(), lookMs)
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
      for (const out of streams.keys()) out.end()
    },
  }
}
