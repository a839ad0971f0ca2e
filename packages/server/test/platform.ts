/** The whole platform in this process, without HTTP: real database, real key server, the composition that the server uses. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustHaveMfa, PersonId, session, setup, type OrgId, type Role } from '@holdfast/contract'
import { startTestKeyServer } from '@holdfast/keyserver/testing'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { compose } from '../src/compose.ts'
import type { Clock } from '../src/kernel/clock.ts'
import { newId, newIdOf } from '../src/kernel/identifier.ts'
import { emailIndexOf } from '../src/kernel/identity/email-index.ts'
import { createPerson } from '../src/kernel/people.ts'
import { openUnit, record } from '../src/kernel/unit.ts'
import { createPool, flushOf, readTenantTables } from '../src/platform/pool.ts'
import { callersOf, enrol, newCaller, type Caller, type Callers } from './callers.ts'
import { makeTestCertificate } from './certificate.ts'
import { createTestDatabase } from './database.ts'

export { callersOf, enrol, newCaller, totpCode, type Caller } from './callers.ts'

export interface TestClock extends Clock {
  /** Moves the time of the platform (not the database's). */
  advance: (ms: number) => void
}

export interface FoundedPlatform {
  orgId: OrgId
  personId: PersonId
  owner: Caller
  email: string
  password: string
  /** Base32. */
  totpSecret: string
  recoveryCodes: string[]
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>

export const publicUrl = 'https://localhost:8443'

/** PEM of the certificate under which tests run identity providers; the platform trusts it. */
const certificateOfProviders = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-provider-'))
  const { cert, key, ca } = await makeTestCertificate(directory)
  const tls = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
  await rm(directory, { recursive: true })
  return { tls, ca }
}

const createClock = (): TestClock => {
  let ahead = 0
  return { now: () => new Date(Date.now() + ahead), advance: (ms) => void (ahead += ms) }
}

/** Starts everything; `close` in afterAll. About a second, most of it the key server's certificates. */
export const startPlatform = async () => {
  const [database, keyServer] = await Promise.all([createTestDatabase(), startTestKeyServer()])
  const jobsPool = new pg.Pool({ ...database.jobs, max: 2 })
  const admin = new pg.Pool({ ...database.admin, max: 2 })
  for (const pool of [jobsPool, admin])
    pool.on('error', () => undefined).on('connect', (client) => void client.on('error', () => undefined))
  await runMigrations({ pgPool: jobsPool })
  const errors: unknown[] = []
  const { host = '', port = 0, database: name = '', password = '', ssl } = database.app
  const ca = typeof ssl === 'object' ? String(ssl.ca) : null
  const onError = (error: unknown): void => void errors.push(error)
  const poolOf = (max: number): pg.Pool =>
    createPool({
      ...{ host, port, database: name, user: 'holdfast_app', ca, max, pipeline: true, onError },
      password: async () => String(password),
    })
  const [pool, aside] = [poolOf(12), poolOf(3)]
  const clock = createClock()
  const setupToken = randomBytes(32).toString('base64url')
  const flush = await flushOf(pool)
  const setupTokenHash = async () => createHash('sha256').update(setupToken).digest()
  const dns = new Map<string, string[] | Error>()
  const resolveTxt = async (name: string): Promise<string[]> => {
    const found = dns.get(name) ?? []
    if (found instanceof Error) throw found
    return found
  }
  const { tls, ca: providersCa } = await certificateOfProviders()
  const options = {
    signOn: { allowInside: true, ca: [providersCa], resolveTxt },
    ...{ pool, aside, publicUrl, clock, onError, flush, setupTokenHash },
    keyServer: keyServer.client,
    databases: { inside: true, own: null },
    tenantTables: await readTenantTables(pool),
  }
  const composition = compose(options)
  const callers = callersOf(composition)
  return {
    ...callers,
    composition,
    services: composition.path.services,
    /** Options of this composition, for a second one with something taken away. */
    options,
    /** Superuser connections, for arranging and for looking behind the fences. */
    admin,
    pool,
    jobsPool,
    keyServer,
    database,
    clock,
    setupToken,
    /** TXT records as the platform finds them. */
    dns,
    /** By which identity providers of the tests are reached. */
    tls,
    /** What failed outside a request. */
    errors,
    /** Waits for what goes on after answers, then stores the access log. */
    settle: async (): Promise<void> => {
      await composition.path.services.background.idle()
      await composition.path.accessLog.flush()
    },
    /** A change behind the platform's back, by the superuser; even that needs an entry. */
    arrange: (orgId: OrgId, sql: string, values: unknown[] = []): Promise<void> => arrange(admin, orgId, sql, values),
    found: (): Promise<FoundedPlatform> => found(callers, clock, setupToken),
    close: async (): Promise<void> => {
      await composition.close()
      await Promise.all([pool.end(), aside.end(), jobsPool.end(), admin.end()])
      await Promise.all([database.drop(), keyServer.close()])
    },
  }
}

const arrange = async (admin: pg.Pool, orgId: OrgId, sql: string, values: unknown[]): Promise<void> => {
  const client = await admin.connect()
  try {
    await client.query('begin')
    await client.query('select enter($1, null, false)', [orgId])
    await client.query(sql, values)
    const head = {
      actor: { type: 'system', id: 'test', via: 'test' },
      action: 'test.arranged',
      target: { type: 'test', id: 'test' },
      outcome: 'done',
    }
    await client.query('select ledger_append($1)', [JSON.stringify(head)])
    await client.query('commit')
  } finally {
    client.release(true)
  }
}

/** Sets the installation up and returns its Owner, signed in with a confirmed second factor. */
const found = async ({ call }: Callers, clock: Clock, token: string): Promise<FoundedPlatform> => {
  const email = 'olga@example.test'
  const password = 'seven lanterns under the bridge'
  const { orgId, personId } = await call(
    setup.complete,
    { token, organisation: 'Example Ltd', name: 'Olga Owner', email, password },
    newCaller(),
  )
  const owner = newCaller()
  await call(session.signIn, { email, password }, owner)
  const { totpSecret, recoveryCodes } = await enrol({ call }, clock, owner)
  return { orgId, personId, owner, email, password, totpSecret, recoveryCodes }
}

export interface Member {
  caller: Caller
  personId: PersonId
  email: string
  password: string
  /** Base32; null where the role needs no second factor. */
  totpSecret: string | null
}

const passwordOfMembers = 'nine kettles on a quiet hill'

/**
 * Another member of the founder's organisation, signed in and unrestricted. Arranged in one transaction of the application with an entry of
 * its own, since the way in (an invitation) is another capability's.
 */
export const addMember = async (
  platform: Platform,
  { orgId }: Pick<FoundedPlatform, 'orgId'>,
  role: Role,
  name = `Mel ${role}`,
): Promise<Member> => {
  const { ground, secrets, passwords } = platform.services
  const personId = newIdOf(PersonId, 'pe')
  const email = `${personId}@example.test`
  const unit = openUnit(ground, orgId, personId, true)
  const emailIndex = await emailIndexOf(secrets, email)
  if (!emailIndex) throw new Error('found the platform first')
  await createPerson(unit, { id: personId, name, email, emailIndex, passwordHash: await passwords.hash(passwordOfMembers) })
  await unit.tx.insertInto('membership').values({ personId, role }).execute()
  const actor = { type: 'system', id: 'test', via: 'test' }
  await record(ground, unit, {
    actor,
    action: 'member.arranged',
    targetId: personId,
    requestId: newId('rq'),
    origin: null,
    reason: null,
  })
  const caller = newCaller()
  await platform.call(session.signIn, { email, password: passwordOfMembers }, caller)
  const totpSecret = mustHaveMfa(role) ? (await enrol(platform, platform.clock, caller)).totpSecret : null
  return { caller, personId, email, password: passwordOfMembers, totpSecret }
}
