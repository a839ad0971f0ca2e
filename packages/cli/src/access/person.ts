import { createClient, operations, type Client } from '@holdfast/contract'
import { connectTo, strictFetch, type Connection } from '../call.ts'
import { Failed, type Io } from '../io.ts'
import type { Server } from '../server.ts'

/** Keeps the cookies of one session in this process, and nowhere else. */
const createSessionClient = ({ origin }: Server): Client => {
  const cookies = new Map<string, string>()
  const withCookies: typeof fetch = async (target, init) => {
    const headers = new Headers(init?.headers)
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await strictFetch(target, { ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value) cookies.set(name, value)
      else cookies.delete(name)
    }
    return response
  }
  return createClient({ baseUrl: origin, fetch: withCookies, headers: () => ({ 'user-agent': 'holdfast-cli', origin }) })
}

const signIn = async (session: Connection, ask: NonNullable<Io['ask']>, email: string): Promise<void> => {
  const password = await ask(`Password of ${email}: `, { hidden: true })
  const { value } = await session.call(operations.session.signIn, { email, password })
  if (value.next === 'enrol_factor') throw new Failed('enrol a second factor in the console first')
  if (value.next === 'confirm_factor')
    await session.call(operations.session.confirmFactor, { code: await ask('Code of your authenticator app, to sign in: ') })
}

/**
 * Does what a key may not do: signs the person behind the key in, for as long as `act` takes. The session is of the key's organisation, is in
 * memory only, and is ended afterwards.
 */
export const asPerson = async <T>(
  io: Io,
  keyed: Connection,
  ask: NonNullable<Io['ask']>,
  act: (session: Connection) => Promise<T>,
): Promise<T> => {
  const { value: who } = await keyed.call(operations.session.current, {})
  const server: Server = { ...keyed.server, key: null }
  const session = connectTo(io, server, createSessionClient(server))
  await signIn(session, ask, who.person.email)
  try {
    const { value: now } = await session.call(operations.session.current, {})
    if (now.organisation.id !== who.organisation.id)
      await session.call(operations.session.switchOrganisation, { orgId: who.organisation.id })
    return await act(session)
  } finally {
    // What was done stays done, also when the session only ends by itself.
    await session.call(operations.session.signOut, {}).catch(() => undefined)
  }
}
