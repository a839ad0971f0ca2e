/** The example installation, as a user starts it; and what a thief of it would read (D2). */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promiseIds } from '@holdfast/contract'
import { fromBase32, hashToken } from '@holdfast/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attackRunGap, lastAttackRun } from '../src/kernel/http/attack-run.ts'
import { demoPolicies } from '../src/start/demo-policies.ts'
import { startSystem, type RunningSystem } from '../test/system.ts'
import { get } from './request.ts'

interface Demo {
  url: string
  ca: string
  org: string
  keys: Record<'owner' | 'admin' | 'reviewer' | 'member' | 'viewer', string>
}

let system: RunningSystem
let demo: Demo
let signIn: { email: string; password: string; totpSecret: string }

beforeAll(async () => {
  system = await startSystem({ args: ['--demo'] })
  demo = JSON.parse(await readFile(join(system.home, 'demo.json'), 'utf8')) as Demo
  signIn = JSON.parse(await readFile(join(system.home, 'demo-sign-in.json'), 'utf8')) as typeof signIn
}, 120_000)
afterAll(() => system?.remove())

test('demo.json opens every role’s door and no other', async () => {
  expect(Object.keys(demo).toSorted()).toEqual(['ca', 'keys', 'org', 'url'])
  for (const [role, key] of Object.entries(demo.keys)) {
    const answer = await get(system, '/api/v1/session', key)
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ organisation: { id: demo.org, role } })
  }
  expect((await get(system, '/api/v1/ledger', demo.keys.viewer)).status).toBe(403)
  expect((await get(system, '/api/v1/ledger', demo.keys.owner)).status).toBe(200)
  expect((await get(system, '/api/v1/ledger', `${demo.keys.owner.slice(0, -2)}xx`)).status).toBe(401)
})

test('it has a sign-in policy to look at', async () => {
  const policy = (await get(system, '/api/v1/sign-in-policy', demo.keys.viewer)).json()
  expect(policy).toMatchObject({ sessionMinutes: 10_080, idleMinutes: 2_880, lockMinutes: 240 })
})

test('health, the description of the interface, and the trust page', async () => {
  expect((await get(system, '/healthz')).status).toBe(200)
  expect((await get(system, '/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' })
  const { promises } = (await get(system, '/trust.json')).json() as { promises: Record<string, unknown>[] }
  expect(promises.map(({ id }) => id)).toEqual(promiseIds)
  for (const promise of promises) expect(Object.keys(promise).toSorted()).toEqual(['checkedAt', 'id', 'proof', 'state', 'title'])
  const states = new Map(promises.map(({ id, state }) => [id, state]))
  for (const id of ['D1', 'D2', 'D3', 'D5', 'L1', 'L2', 'L3', 'C1', 'C2', 'C3', 'C4', 'C5', 'H4', 'P3'])
    expect([id, states.get(id)]).toEqual([id, 'kept'])
  // By what is on record, which is old one day, and lacks every operation that is new.
  expect(states.get('O10')).toBe(attackRunGap(lastAttackRun, new Date()) === null ? 'kept' : 'not_kept')
  expect(states.get('O11')).toBe('not_kept')
  expect(states.get('D4')).toBe('not_built')
  const page = await get(system, '/trust')
  expect(page.text).not.toContain('<script')
  expect(page.text).toContain('not built yet')
})

interface DatabaseGrant {
  id: string
  state: string
  endReason: string | null
  databaseRoles: { madeAt: string | null; droppedAt: string | null; backendsEnded: number; trouble: string | null }[]
}

test('its database, on a server of its own, with one access proved ended and one that runs', async () => {
  const read = async <T>(path: string): Promise<T> => (await get(system, `/api/v1${path}`, demo.keys.owner)).json() as T
  const [shop] = (await read<{ rows: { id: string }[] }>('/databases')).rows
  expect(shop).toMatchObject({ name: 'shop', state: 'active', trouble: null, openRoles: 1, unprovedRoles: 0 })
  const { rows } = await read<{ rows: DatabaseGrant[] }>(`/grants?databaseId=${shop?.id}`)
  const [running, ended] = await Promise.all(rows.map(({ id }) => read<DatabaseGrant>(`/grants/${id}`)))
  expect(running).toMatchObject({ state: 'approved', databaseRoles: [{ madeAt: expect.any(String), droppedAt: null }] })
  expect(ended).toMatchObject({
    ...{ state: 'ended', endReason: 'revoked' },
    databaseRoles: [{ backendsEnded: 1, droppedAt: expect.any(String), trouble: null }],
  })
})

const files = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Everything that must stay secret, in every form in which it might lie about. */
const secrets = (): [string, Buffer][] => {
  const totp = fromBase32(signIn.totpSecret)
  const plain: [string, string | Buffer][] = [
    ['password', signIn.password],
    ['totp secret (base32)', signIn.totpSecret],
    ...(totp ? [['totp secret', totp] as [string, Buffer]] : []),
    ...Object.entries(demo.keys).map(
      ([role, key]) => [`API key of the ${role}`, key.slice(key.indexOf('.') + 1)] as [string, string],
    ),
    ['name', 'Olga Petrov'],
    ['e-mail', 'owner@example.com'],
    ['invited e-mail', 'owner@northwind.example.com'],
    ['name of a customer', 'Nora Winter'],
    ['witness', 'auditor@example.com'],
    ...demoPolicies.map(({ title, content }) => [`policy ${title}`, content.split('\n')[2] ?? content] as [string, string]),
  ]
  return plain.flatMap(([what, value]) => {
    const bytes = Buffer.from(value)
    return [
      [what, bytes],
      [`${what} in hex`, Buffer.from(bytes.toString('hex'))],
      [`${what} in base64`, Buffer.from(bytes.toString('base64').replace(/=+$/, '').slice(0, -1))],
    ] as [string, Buffer][]
  })
}

const found = (where: string, content: Buffer): string[] =>
  secrets().flatMap(([what, bytes]) => (content.includes(bytes) ? [`${what} in ${where}`] : []))

test('a thief of the database and of the app’s directory reads none of it', async () => {
  const database = await system.database()
  const { rows } = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  expect(rows.length).toBeGreaterThan(20)
  const leaks: string[] = []
  let bytes = 0
  for (const { name } of rows) {
    const dump = await database.query<{ text: string }>(`select coalesce(string_agg(t::text, E'\\n'), '') as text from ${name} t`)
    const content = Buffer.from(dump.rows[0]?.text ?? '')
    bytes += content.length
    leaks.push(...found(name, content))
  }
  const { rows: settings } = await database.query<{ data_directory: string }>('show data_directory')
  await database.end()
  expect(bytes).toBeGreaterThan(50_000)
  await system.stop() // the files on disk, WAL included, are complete now
  const places = [join(system.home, 'app'), settings[0]?.data_directory ?? '']
  for (const directory of places) {
    for (const file of await files(directory)) {
      if ((await stat(file)).size > 0) leaks.push(...found(file, await readFile(file)))
    }
  }
  expect(leaks).toEqual([])
}, 120_000)

test('the search can find: a key’s hash, which is no secret, is in the database', async () => {
  const restarted = await system.restart()
  try {
    const database = await restarted.database()
    const { rows } = await database.query<{ text: string }>(`select string_agg(t::text, '') as text from api_key t`)
    await database.end()
    expect(rows[0]?.text).toContain(hashToken(demo.keys.owner.slice(demo.keys.owner.indexOf('.') + 1)).toString('hex'))
  } finally {
    await restarted.stop()
  }
}, 60_000)
