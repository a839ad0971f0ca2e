import { useSyncExternalStore } from 'react'

/** While the server tells of changes, asking is for what it could not tell. */
const calmMs = 60_000

let live = false
const watchers = new Set<() => void>()

/** Whether the server tells of changes at the moment (news.ts). */
export const setLive = (now: boolean): void => {
  if (live === now) return
  live = now
  for (const watcher of watchers) watcher()
}
const watch = (watcher: () => void) => {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

/** How often to ask for what the news are about: as given, and seldom while they come. */
export const useCalm = (everyMs: number): number => {
  const told = useSyncExternalStore(watch, () => live)
  return told ? Math.max(everyMs, calmMs) : everyMs
}
