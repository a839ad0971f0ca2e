import { hash } from 'node:crypto'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import type { Authenticator, Shown } from './authenticate.ts'
import { accessCookieOf, refreshCookieOf } from './cookies.ts'

/**
 * Credentials that proved valid in this process not long ago, so that load shedding can prefer who is really known: anybody can send a cookie.
 * Only hashes are held. The table is bounded; a stranger cannot push anybody out, since only what was valid gets in.
 */
export interface KnownCallers {
  /** `principal`: whom the credential proved to be, where it says so by itself. */
  note: (credential: string, principal?: Principal) => void
  forget: (credential: string) => void
  /** Whether a request carries any of them. No look-up anywhere else. */
  has: (request: Shown) => boolean
  /** Whom the request's credential last proved to be; to begin with, never to answer by. */
  recall: (request: Shown) => Principal | null
}

const minutes = (count: number): number => count * 60_000

export const createKnownCallers = (most = 20_000, forMs = minutes(20), now: () => number = Date.now): KnownCallers => {
  const held = new Map<string, { until: number; principal: Principal | null }>()
  const nameOf = (credential: string): string => hash('sha256', credential, 'base64')
  const known = (credential: string | null | undefined): boolean =>
    typeof credential === 'string' && (held.get(nameOf(credential))?.until ?? 0) > now()
  return {
    note: (credential, principal) => {
      const name = nameOf(credential)
      held.delete(name) // to the end of the order: whoever was not seen for longest goes first
      held.set(name, { until: now() + forMs, principal: principal ?? null })
      const oldest = held.size > most ? held.keys().next().value : undefined
      if (oldest !== undefined) held.delete(oldest)
    },
    forget: (credential) => void held.delete(nameOf(credential)),
    recall: (request) => {
      const credential = request.headers.authorization ?? accessCookieOf(request)
      const found = credential === null ? undefined : held.get(nameOf(credential))
      return found && found.until > now() ? found.principal : null
    },
    has: (request) =>
      request.headers.authorization !== undefined
        ? known(request.headers.authorization) // authenticate.ts: where a key comes along, cookies do not count
        : known(accessCookieOf(request)) || known(refreshCookieOf(request)),
  }
}

/** The same authentication; whoever passes it is known from then on, whoever does not is not any more. */
export const remembering =
  (known: KnownCallers, authenticate: Authenticator['authenticate']): Authenticator['authenticate'] =>
  async (request) => {
    const credential = request.headers.authorization ?? accessCookieOf(request)
    if (credential === null) return authenticate(request)
    try {
      const principal = await authenticate(request)
      if (principal) known.note(credential, principal)
      else known.forget(credential)
      return principal
    } catch (error) {
      if (error instanceof Problem && error.code === 'unauthenticated') known.forget(credential)
      throw error
    }
  }
