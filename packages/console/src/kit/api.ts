import {
  createClient,
  ProblemError,
  session,
  type Answer,
  type CallOptions,
  type InputOf,
  type Operation,
  type OutputOf,
} from '@holdfast/contract'

/** What stands between a refusal and the person: asked for by the API, done by the pages. */
export interface Doors {
  /** The session is over: go and sign in. */
  signIn: () => void
  /** The session must do something first: a second factor (C2), or what the organisation's sign-in policy asks. */
  factor: () => void
  /** Asks for a code or the password. True once confirmed, false when the person would not. */
  stepUp: () => Promise<boolean>
}

export interface Api {
  /** Calls an operation; renews the session and steps up where needed. Throws ProblemError, or TypeError when there is no network. */
  call: <O extends Operation>(operation: O, input: InputOf<O>, options?: CallOptions) => Promise<Answer<OutputOf<O>>>
  /** The response of a download, for streaming, behind the same doors. */
  open: (operation: Operation, input: Record<string, unknown>, options?: CallOptions) => Promise<Response>
}

export interface ApiOptions {
  fetch: typeof globalThis.fetch
  doors: Doors
  /** Runs one refresh at a time over all tabs, and skips it when another tab refreshed after `since` (ms). */
  once: (since: number, refresh: () => Promise<void>) => Promise<void>
  /** Sent with every call. */
  headers?: () => Record<string, string>
  now?: () => number
}

const isCode = (error: unknown, code: string): boolean => error instanceof ProblemError && error.code === code

const heldBack: readonly string[] = ['mfa_required', 'session_locked', 'sign_in_method_refused', 'network_refused']
/** The session must do something else first. Another organisation that would refuse it is no reason to leave this one. */
const isHeldBack = (error: unknown, { name }: Operation): boolean =>
  error instanceof ProblemError && heldBack.includes(error.code) && name !== session.switchOrganisation.name

/** Pure of the page it runs in, so that tests can stand in for network and doors. */
export const createApi = ({ fetch, doors, once, headers = () => ({}), now = Date.now }: ApiOptions): Api => {
  const client = createClient({ baseUrl: '', fetch, headers })
  const refresh = async (): Promise<void> => {
    await client.call(session.refresh, {})
  }
  const behindDoors = async <T>(operation: Operation, attempt: () => Promise<T>): Promise<T> => {
    const began = now()
    let refreshed = false
    let steppedUp = false
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (isCode(error, 'unauthenticated') && !refreshed && operation.permission !== 'public') {
          refreshed = true
          try {
            await once(began, refresh)
          } catch {
            doors.signIn()
            throw error
          }
        } else if (isCode(error, 'unauthenticated') && operation.permission !== 'public') {
          doors.signIn()
          throw error
        } else if (isHeldBack(error, operation)) {
          doors.factor()
          throw error
        } else if ((isCode(error, 'step_up_required') || isCode(error, 'step_up_first')) && !steppedUp) {
          steppedUp = true
          if (!(await doors.stepUp())) throw error
        } else throw error
      }
    }
  }
  return {
    call: (operation, input, options) => behindDoors(operation, () => client.call(operation, input, options)),
    open: (operation, input, options) => behindDoors(operation, () => client.open(operation, input, options)),
  }
}

const refreshedAt = 'holdfast-refreshed-at'

/** One refresh over all tabs: a Web Lock, and the time of the last refresh where every tab sees it. */
export const onceOverTabs: ApiOptions['once'] = (since, refresh) =>
  navigator.locks.request('holdfast-refresh', async () => {
    if (Number(localStorage.getItem(refreshedAt) ?? 0) > since) return
    await refresh()
    localStorage.setItem(refreshedAt, String(Date.now()))
  })
