import { access, eventsOf, grant, ProblemError, staffAccess, type EventOf, type Operation } from '@holdfast/contract'
import type { QueryClient } from '@tanstack/react-query'
import { setLive } from './calm.ts'
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

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })

/** Follows the news until `signal`; pages ask by themselves meanwhile, where there is no stream. */
const follow = async (client: QueryClient, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    let pauseMs = againMs
    try {
      for await (const { about } of eventsOf(access.news, await api.open(access.news, {}, { signal }))) {
        setLive(true)
        void refreshAll(
          client,
          about.flatMap((topic) => operationsOf[topic]),
        )
      }
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'forbidden') return setLive(false) // not for them: staff in a customer's organisation
      if (error instanceof ProblemError && error.retryAfterSeconds) pauseMs = error.retryAfterSeconds * 1000
    }
    if (signal.aborted) return
    setLive(false)
    await pauseFor(pauseMs, signal)
  }
}

/**
 * Keeps what pages show of access new, while somebody looks at them: a browser has few connections, and tabs in the background need none. Returns how to
 * stop.
 */
export const followWhileVisible = (client: QueryClient): (() => void) => {
  let following: AbortController | null = null
  const leave = (): void => {
    following?.abort()
    following = null
    setLive(false)
  }
  const look = (): void => {
    if (document.visibilityState !== 'visible') return leave()
    if (following) return
    following = new AbortController()
    void follow(client, following.signal)
  }
  look()
  document.addEventListener('visibilitychange', look)
  return () => {
    document.removeEventListener('visibilitychange', look)
    leave()
  }
}
