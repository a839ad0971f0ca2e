import { hash } from 'node:crypto'
import { Problem } from '../problem.ts'
import type { Authenticator, Credentials } from './authenticate.ts'
import { accessCookieOf, refreshCookieOf } from './cookies.ts'

/**
 * Credentials that proved valid in this process not long ago, so that load shedding can prefer who is really known: anybody can send a cookie.
 * Only hashes are held. The table is bounded; a stranger cannot push anybody out, since only what was valid gets in.
 */
export interface KnownCallers {
  note: (...credentials: string[]) => void
  forget: (credential: string) => void
  /** Whether a request carries any of them. No look-up anywhere else. */
  has: (request: Credentials) => boolean
}

const minutes = (count: number): number => count * 60_000

export const createKnownCallers = (held = 20_000, forMs = minutes(20), now: () => number = Date.now): KnownCallers => {
  const until = new Map<string, number>()
  const nameOf = (credential: string): string => hash('sha256', credential, 'base64')
  const known = (credential: string | null | undefined): boolean =>
    typeof credential === 'string' && (until.get(nameOf(credential)) ?? 0) > now()
  return {
    note: (...credentials) => {
      for (const name of credentials.map(nameOf)) {
        until.delete(name) // to the end of the order: whoever was not seen for longest goes first
        until.set(name, now() + forMs)
        const oldest = until.size > held ? until.keys().next().value : undefined
        if (oldest !== undefined) until.delete(oldest)
      }
    },
    forget: (credential) => void until.delete(nameOf(credential)),
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
      if (principal) known.note(credential)
      else known.forget(credential)
      return principal
    } catch (error) {
      if (error instanceof Problem && error.code === 'unauthenticated') known.forget(credential)
      throw error
    }
  }
