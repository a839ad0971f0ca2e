import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, factor, type InputOf, type Operation, type OutputOf } from '@holdfast/contract'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'

/** A person of the example, as a browser would be one: keeps its cookies, confirms its second factor. */
export interface Visitor {
  call: <O extends Operation>(operation: O, input: InputOf<O>) => Promise<OutputOf<O>>
  /** What its browser sends. */
  cookie: () => string
}

/** `headers` for who signs in by none, as the agent of a host. */
export const visitorAt = (url: string, own: Record<string, string> = {}): Visitor => {
  const cookies = new Map<string, string>()
  const cookieHeader = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const client = createClient({
    baseUrl: url,
    fetch: async (target, init) => {
      const cookie = cookieHeader()
      const headers = { ...(init?.headers as Record<string, string>), origin: url, ...(cookie !== '' && { cookie }), ...own }
      const response = await fetch(target, { ...init, headers })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return response
    },
  })
  return { call: async (operation, input) => (await client.call(operation, input)).value, cookie: cookieHeader }
}

export interface Authenticator {
  /** Base32. */
  secret: string
  /** A code that was not used yet: a recovery code where all that the app has shown were. */
  code: () => Promise<string>
}

/** So many recovery codes are left alone, or the example would begin with a warning. */
const kept = 6

/** Enrols an authenticator app. */
export const enrol = async ({ call }: Visitor): Promise<Authenticator> => {
  const { id, secret } = await call(factor.enrolTotp, { label: 'Example' })
  const bytes = fromBase32(secret)
  if (!bytes) throw new Error('the secret is not base32')
  let used = 0
  let recoveryCodes: string[] = []
  const code = async (): Promise<string> => {
    const next = Math.max(used + 1, totpStep(Date.now()) - 1) // one step of difference is allowed either way
    const spare = next > totpStep(Date.now()) + 1 && recoveryCodes.length > kept ? recoveryCodes.pop() : undefined
    if (spare !== undefined) return spare
    used = next
    while (used > totpStep(Date.now()) + 1) await sleep(500)
    return totpAt(bytes, used)
  }
  recoveryCodes = [...(await call(factor.confirmTotp, { id, code: await code() })).recoveryCodes]
  return { secret, code }
}
