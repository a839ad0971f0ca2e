import { setTimeout as sleep } from 'node:timers/promises'
import { ServerRefused, type ServerClient } from './server-client.ts'
import type { Change } from './wire.ts'

/**
 * Keeps up with the server: told by its event stream, mostly with the state itself; asking every few seconds while there is none, and every minute in any case. What
 * failed is tried again soon: it may have been a revocation.
 */
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
  /** Applies what came along with the news, if it can; false, or a failure: it is fetched. */
  take: (change: Change | null) => Promise<boolean>
  /** Null for a success. */
  outcome: (error: unknown) => void
  pollMs?: number
}

const minuteMs = 60_000
const maxReconnectMs = 15_000
const firstRetryMs = 200
/** Spread, so that a thousand hosts do not come back at once. */
const spread = (ms: number): number => ms * (0.5 + Math.random())
/** The server knows this agent no more: to be heard a second time some seconds later, and not at once, before anybody is cut off. */
const isDismissal = (error: unknown): boolean => error instanceof ServerRefused && error.status === 401

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

export const startSync = ({ client, fetch, take, outcome, pollMs = 5000 }: SyncOptions): Sync => {
  const stopping = new AbortController()
  const { signal } = stopping
  let open = false
  /** By the monotonic clock; as good as never after a failure. */
  let fetchedAt = Number.NEGATIVE_INFINITY
  let retryMs = firstRetryMs
  let retrying: Promise<void> | null = null
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)
  const retry = async (): Promise<void> => {
    await pause(spread(retryMs))
    retrying = null
    retryMs = Math.min(retryMs * 2, pollMs)
    if (!signal.aborted && fetchedAt === Number.NEGATIVE_INFINITY) await now()
  }
  const now = coalesced(async () => {
    try {
      await fetch()
      fetchedAt = performance.now()
      retryMs = firstRetryMs
      outcome(null)
    } catch (error) {
      fetchedAt = Number.NEGATIVE_INFINITY
      outcome(error)
      if (!isDismissal(error)) retrying ??= retry()
    }
  })
  const stream = async () => {
    let wait = 500
    while (!signal.aborted) {
      // What comes along counts as no fetch: it teaches no time, and its stream may be held up by somebody on the way.
      const changed = (change: Change | null) =>
        void take(change).then(
          (taken) => (taken ? undefined : now()),
          () => now(),
        )
      const opened = () => {
        open = true
        wait = 500
        void now()
      }
      await client.follow({ open: opened, changed }, signal)
      open = false
      await pause(spread(wait))
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
      await Promise.all([loops, retrying])
    },
  }
}
