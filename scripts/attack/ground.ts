/** A demo installation to attack, and people in it. */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { invitation, requestOf, roles, session, type InputOf, type Operation, type OutputOf, type Role } from '@holdfast/contract'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import type pg from 'pg'
import { createAsk, type Answer, type Ask } from '../../packages/server/test/http/started.ts'
import { startSystem, type RunningSystem } from '../../packages/server/test/system.ts'

/** The limits are lifted: otherwise the tools mostly meet 429, and only the limiter would be tested (it has tests of its own). */
const lifted = { quota: 100_000_000, windowSeconds: 60 }
const rateLimits = { address: lifted, principal: lifted, organisation: lifted, secret: lifted, heavy: lifted }

export type Headers = Record<string, string>

export interface Ground {
  system: RunningSystem
  ask: Ask
  database: pg.Client
  /** Headers of the demo's keys, by role. */
  keys: Record<Role, Headers>
  /** Calls an operation; throws when it is refused. */
  call: <O extends Operation>(operation: O, input: InputOf<O>, as: Headers) => Promise<OutputOf<O>>
  /** Runs when it stops. */
  atEnd: (work: () => Promise<void>) => void
  stop: () => Promise<void>
}

export const send = (ask: Ask, operation: Operation, input: Record<string, unknown>, as: Headers): Promise<Answer> => {
  const { method, path, body } = requestOf(operation, input)
  const headers = { ...as, ...(body !== undefined && { 'content-type': 'application/json' }) }
  return ask(method, path, { headers, ...(body !== undefined && { body }) })
}

/** Starts a demo on a free port in a temporary home. */
export const startGround = async (): Promise<Ground> => {
  const env = { HOLDFAST_RATE_LIMITS: JSON.stringify(rateLimits), HOLDFAST_LOG_LEVEL: 'error', HOLDFAST_DATABASES_INSIDE: 'true' }
  const system = await startSystem({ args: ['--demo'], env })
  const ask = createAsk(system.url, system.ca)
  const demo = JSON.parse(await readFile(join(system.home, 'demo.json'), 'utf8')) as { keys: Record<Role, string> }
  const as = (role: Role): Headers => ({ authorization: `Bearer ${demo.keys[role]}` })
  const keys = Object.fromEntries(roles.map((role) => [role, as(role)])) as Record<Role, Headers>
  const database = await system.database()
  // Arranging is not part of what is attacked; not even the database's owner may change rows past the ledger otherwise.
  await database.query('set session_replication_role = replica')
  const ends: (() => Promise<void>)[] = []
  return {
    ...{ system, ask, database, keys },
    atEnd: (work) => void ends.push(work),
    call: async (operation, input, as) => {
      const answer = await send(ask, operation, input as Record<string, unknown>, as)
      if (answer.status !== 200) throw new Error(`${operation.name}: ${answer.status} ${answer.text}`)
      return JSON.parse(answer.text) as OutputOf<typeof operation>
    },
    stop: async () => {
      await database.end()
      await system.remove()
      for (const work of ends) await work()
    },
  }
}

/** An open invitation whose token we know, planted in place of the one that was mailed. */
export const invite = async ({ call, keys, database }: Ground): Promise<{ id: string; email: string; token: string }> => {
  const email = `${randomBytes(6).toString('hex')}@attack.example`
  const { id } = await call(invitation.create, { email, role: 'member' }, keys.owner)
  const token = randomBytes(32).toString('base64url')
  await database.query('update invitation set token_hash = $2 where id = $1', [id, createHash('sha256').update(token).digest()])
  return { id, email, token }
}

export interface Person {
  personId: string
  /** Headers of their browser, signed in just now. */
  browser: () => Headers
  /** Signs in again; false when the password is no longer theirs. */
  renew: () => Promise<boolean>
}

const password = 'nine wet herons on a pier'

/** The browser of somebody who signs in by password; `renew` signs in again. */
const browserOf = async ({ ask, system }: Ground, email: string, secret: string): Promise<Omit<Person, 'personId'>> => {
  const page = { origin: system.url }
  let cookie = ''
  const renew = async (): Promise<boolean> => {
    const { status, headers } = await send(ask, session.signIn, { email, password: secret }, page)
    cookie = (headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ')
    return status === 200
  }
  await renew()
  return { browser: () => ({ ...page, cookie }), renew }
}

/** A member who needs no second factor: what is theirs alone can be attacked without ending anybody else's session. */
export const person = async (ground: Ground): Promise<Person> => {
  const { email, token } = await invite(ground)
  const joining = { token, name: 'Attacked', password }
  const { personId } = await ground.call(invitation.accept, joining, { origin: ground.system.url })
  return { personId, ...(await browserOf(ground, email, password)) }
}

/** Their session counts as confirmed by a second factor, just now. */
export const confirm = ({ database }: Ground, { personId }: Pick<Person, 'personId'>): Promise<unknown> =>
  database.query('update session set restricted = false, mfa_at = now() where person_id = $1', [personId])

export interface WithAuthenticator extends Person {
  /** A code that is taken each time: what was used is forgotten. */
  code: () => Promise<string>
}

export const authenticatorOf =
  ({ database }: Ground, personId: string, secret: string): WithAuthenticator['code'] =>
  async () => {
    await database.query('update totp_factor set last_step = 0 where person_id = $1', [personId])
    const bytes = fromBase32(secret)
    if (!bytes) throw new Error('the secret is not base32')
    return totpAt(bytes, totpStep(Date.now()))
  }

interface SignIn {
  email: string
  password: string
  totpSecret: string
}

/** How the demo's Owner and the Owner of its customer sign in. */
export const demoSignIns = async ({ system }: Ground): Promise<SignIn & { customer: SignIn }> =>
  JSON.parse(await readFile(join(system.home, 'demo-sign-in.json'), 'utf8')) as SignIn & { customer: SignIn }

/** The Owner of the demo's customer, and their organisation. */
export const customerOwner = async (ground: Ground): Promise<WithAuthenticator & { orgId: string }> => {
  const { email, password: secret, totpSecret } = (await demoSignIns(ground)).customer
  const found = await ground.database.query<{ person_id: string; org_id: string }>(
    `select m.person_id, m.org_id from membership m join org o on o.id = m.org_id where m.role = 'owner' and not o.is_operator
       and o.name = 'Northwind Traders'`,
  )
  const { person_id: personId = '', org_id: orgId = '' } = found.rows[0] ?? {}
  const browser = await browserOf(ground, email, secret)
  await confirm(ground, { personId })
  return { personId, orgId, ...browser, code: authenticatorOf(ground, personId, totpSecret) }
}
