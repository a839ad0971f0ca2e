import { access, eventsOf, grant, ProblemError, staffAccess, type EventOf, type Operation } from '@holdfast/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { api } from './doors.ts'
import { refreshAll } from './queries.ts'

type Topic = EventOf<typeof access.news>['about'][number]

/** What pages show of each. */
const operationsOf: Record<Topic, readonly Operation[]> = {
  grants: [grant.list, grant.read],
  approvals: [grant.list],
  staff_access: [staffAccess.list],
}
const againMs = 5_000
/** While the server tells of changes, asking is for what it could not tell. */
const calmMs = 60_000

let live = false
const watchers = new Set<() => void>()
const setLive = (now: boolean): void => {
  if (live === now) return
  live = now
  for (const watcher of watchers) watcher()
}
const watch = (watcher: () => void) => {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

/** Follows the news until `signal`; pages ask by themselves meanwhile, where there is no stream. */
const follow = async (refresh: (operations: readonly Operation[]) => void, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    let pauseMs = againMs
    try {
      for await (const { about } of eventsOf(access.news, await api.open(access.news, {}, { signal }))) {
        setLive(true)
        refresh(about.flatMap((topic) => operationsOf[topic]))
      }
    } catch (error) {
      if (error instanceof ProblemError && error.status === 403) return setLive(false) // not for them: staff in a customer's organisation
      if (error instanceof ProblemError && error.retryAfterSeconds) pauseMs = error.retryAfterSeconds * 1000
    }
    if (signal.aborted) return
    setLive(false)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs)
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
    })
  }
}

/** Keeps what pages show of access new, while somebody looks at them: a browser has few connections, and tabs in the background need none. */
export const useAccessNews = (): void => {
  const client = useQueryClient()
  useEffect(() => {
    let following: AbortController | null = null
    const look = (): void => {
      if (document.visibilityState === 'visible') {
        if (following) return
        following = new AbortController()
        void follow((operations) => void refreshAll(client, operations), following.signal)
      } else leave()
    }
    const leave = (): void => {
      following?.abort()
      following = null
      setLive(false)
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      leave()
    }
  }, [client])
}

/** How often to ask for what the news are about: as given, and seldom while they come. */
export const useCalm = (everyMs: number): number => {
  const told = useSyncExternalStore(watch, () => live)
  return told ? Math.max(everyMs, calmMs) : everyMs
}
