import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerClient } from './server-client.ts'

/** Keeps up with the server: told by its event stream; asking every few seconds while there is none, and every minute in any case. */
export interface Sync {
  /** Fetches the state now, or joins a fetch that begins later than this call. Never throws. */
  now(): Promise<void>
  stop(): Promise<void>
  streaming(): boolean
}

export interface SyncOptions {
  client: Pick<ServerClient, 'follow'>
  /** Fetches and applies; may throw. */
  fetch: () => Promise<void>
  /** Null for a success. */
  outcome: (error: unknown) => void
  pollMs?: number
}

const minuteMs = 60_000
const maxReconnectMs = 15_000

/** Runs one at a time; whoever asks while one runs gets the next. */
const coalesced = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  const run = (): Promise<void> => {
    if (!running) {
      running = work().finally(() => (running = null))
      return running
    }
    next ??= running.then(() => {
      next = null
      return run()
    })
    return next
  }
  return run
}

export const startSync = ({ client, fetch, outcome, pollMs = 5000 }: SyncOptions): Sync => {
  const stopping = new AbortController()
  const { signal } = stopping
  let open = false
  /** By the monotonic clock; as good as never after a failure. */
  let fetchedAt = Number.NEGATIVE_INFINITY
  const now = coalesced(async () => {
    try {
      await fetch()
      fetchedAt = performance.now()
      outcome(null)
    } catch (error) {
      fetchedAt = Number.NEGATIVE_INFINITY
      outcome(error)
    }
  })
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)
  const stream = async () => {
    let wait = 500
    while (!signal.aborted) {
      const changed = () => void now()
      const opened = () => {
        open = true
        wait = 500
        void now()
      }
      await client.follow({ open: opened, changed }, signal)
      open = false
      // Spread, so that a thousand hosts do not come back at once.
      await pause(wait * (0.5 + Math.random()))
      wait = Math.min(wait * 2, maxReconnectMs)
    }
  }
  const poll = async () => {
    while (!signal.aborted) {
      await pause(pollMs)
      if (!signal.aborted && (!open || performance.now() - fetchedAt > minuteMs)) await now()
    }
  }
  const loops = Promise.all([stream(), poll()])
  return {
    now,
    streaming: () => open,
    async stop() {
      stopping.abort()
      await loops
    },
  }
}
