import tls from 'node:tls'
import { createClient, operations, type Client } from '@holdfast/contract'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'

/** What the console does in a browser: a client with cookies, from the server's own origin. */
export const createBrowser = (url: string, ca: string): Client => {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ca])
  const cookies = new Map<string, string>()
  const withCookies: typeof fetch = async (target, init) => {
    const headers = new Headers(init?.headers)
    headers.set('origin', url)
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(target, { ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value) cookies.set(name, value)
      else cookies.delete(name)
    }
    return response
  }
  return createClient({ baseUrl: url, fetch: withCookies })
}

/**
 * Signs in and enrols an authenticator app, as an Owner must (C2). The session has just confirmed its second factor then. Returns recovery
 * codes: as good as codes of the app, and nobody has to wait half a minute for the next.
 */
export const signInWithFactor = async (browser: Client, email: string, password: string): Promise<string[]> => {
  await browser.call(operations.session.signIn, { email, password })
  const { value } = await browser.call(operations.factor.enrolTotp, { label: 'Phone' })
  const secret = fromBase32(value.secret)
  if (!secret) throw new Error('the server gave no base32 secret')
  const code = totpAt(secret, totpStep(Date.now()))
  return (await browser.call(operations.factor.confirmTotp, { id: value.id, code })).value.recoveryCodes
}
