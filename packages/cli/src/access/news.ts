import { setTimeout as pause } from 'node:timers/promises'
import { operations } from '@holdfast/contract'
import type { Connection } from '../call.ts'
import type { Io } from '../io.ts'

/** After a stream that ended, or that there was none. */
const againMs = 5_000

/** Tells whoever waits when to look again. */
export interface News {
  /**
   * Resolves when the server told of something, or after so many milliseconds; after `calmMs` while the server would tell. With how many were waited.
   */
  next: (ms: number, calmMs: number) => Promise<number>
  stop: () => void
}

/** Follows what the server tells of one's access. Where it does not (an older one, a proxy that holds streams back), time alone counts. */
export const followNews = (io: Io, connection: Pick<Connection, 'listen'>): News => {
  const stopping = new AbortController()
  const { signal } = stopping
  let live = false
  let told = false
  let wake = (): void => undefined
  const heard = (): void => {
    live = true
    told = true
    wake()
  }
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await connection.listen(operations.access.news, heard, signal)
      live = false
      await pause(againMs, undefined, { signal }).catch(() => undefined)
    }
  }
  void follow()
  return {
    next: async (ms, calmMs) => {
      const over = new AbortController()
      const began = Date.now()
      const longest = live ? calmMs : ms
      const news = new Promise<void>((resolve) => (wake = resolve)).then(() => Date.now() - began)
      const waited = told ? 0 : await Promise.race([news, io.sleep(longest, over.signal).then(() => longest)])
      over.abort()
      told = false
      return waited
    },
    stop: () => stopping.abort(),
  }
}
