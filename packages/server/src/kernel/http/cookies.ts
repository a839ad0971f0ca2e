import { accessTokenMinutes, refreshAbsoluteDays } from '../identity/lifetimes.ts'
import type { Cookies } from '../handle.ts'
import { requestMinutes } from '../sign-on/request.ts'

/** `__Host-`: only over TLS, only from this very host, for all paths (RFC 6265bis §4.1.3.2), so that no subdomain can plant one. */
export const accessCookie = '__Host-at'
export const refreshCookie = '__Host-rt'
export const signOnCookie = '__Host-so'

const cookie = (name: string, value: string, maxAgeSeconds: number): string =>
  `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; Secure; HttpOnly; SameSite=Strict`

/** Values of `Set-Cookie`. */
export const cookieHeaders = (change: Cookies): string[] => {
  if ('signOn' in change) return [cookie(signOnCookie, change.signOn.token, requestMinutes * 60)]
  if ('clear' in change) return [cookie(accessCookie, '', 0), cookie(refreshCookie, '', 0)]
  return [
    cookie(accessCookie, change.set.access, accessTokenMinutes * 60),
    cookie(refreshCookie, change.set.refresh, refreshAbsoluteDays * 86_400),
  ]
}

interface WithHeaders {
  headers: { cookie?: string | undefined }
}

const cookieOf = ({ headers }: WithHeaders, name: string): string | null => {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null
  }
  return null
}

export const accessCookieOf = (request: WithHeaders): string | null => cookieOf(request, accessCookie)
export const signOnCookieOf = (request: WithHeaders): string | null => cookieOf(request, signOnCookie)
export const refreshCookieOf = (request: WithHeaders): string | null => cookieOf(request, refreshCookie)
