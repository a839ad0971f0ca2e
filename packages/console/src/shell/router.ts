import { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { ProblemError } from '@holdfast/contract'
import { openDoors } from '../kit/doors.ts'
import { rememberNext } from './next.ts'
import { PageFailed } from './PageFailed.tsx'
import { routeTree } from './routes.ts'
import { askStepUp } from './stepUp.ts'

/** Refusals are answers: only a lost connection or a busy server is worth asking again. */
const worthAgain = (failures: number, error: Error): boolean =>
  failures < 2 && (!(error instanceof ProblemError) || error.problem.status === 503)

export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: worthAgain }, mutations: { retry: false } } })

export const router = createRouter({
  routeTree,
  defaultErrorComponent: PageFailed,
  // Plain strings, so that a URL reads as what it says: no JSON in quotes.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(
      Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ).toString()
    return text && `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const leaveFor = (to: string): void => {
  if (location.pathname === to) return
  rememberNext(location.pathname + location.search + location.hash)
  router.history.replace(to)
}

openDoors({
  signIn: () => {
    leaveFor('/sign-in')
    queryClient.clear()
  },
  factor: () => leaveFor('/factor'),
  stepUp: askStepUp,
})
