/** Reads begin for the caller that a credential last proved to be; nothing of them leaves before the database has said that it still is. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey } from '@holdfast/crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Authenticator } from '../../src/kernel/http/authenticate.ts'
import { defaultConnectionLimits } from '../../src/kernel/http/connections.ts'
import { createKnownCallers, type KnownCallers } from '../../src/kernel/http/known-callers.ts'
import { createLargeBodies } from '../../src/kernel/http/large-bodies.ts'
import { createLoadShedding, type LoadShedding } from '../../src/kernel/http/load-shedding.ts'
import { createRateLimits } from '../../src/kernel/http/rate-limit.ts'
import { createHttpServer } from '../../src/kernel/http/server.ts'
import { newId } from '../../src/kernel/identifier.ts'
import { makeTestCertificate } from '../certificate.ts'
import { startPlatform, type FoundedPlatform, type Platform } from '../platform.ts'
import { createAsk, type Ask } from './started.ts'

let platform: Platform
let founded: FoundedPlatform
let directory: string
let tls: { cert: string; key: string; ca: string }
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-tentative-'))
  tls = await makeTestCertificate(directory)
  await writeFile(join(directory, 'index.html'), '<!doctype html>')
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(async () => {
  await platform.close()
  await rm(directory, { recursive: true, force: true })
})

let app: FastifyInstance
let shedding: LoadShedding
let known: KnownCallers
const serve = async (authenticate: Authenticator['authenticate'] = platform.composition.authenticate): Promise<Ask> => {
  shedding = createLoadShedding()
  known = createKnownCallers()
  app = await createHttpServer({
    edges: [],
    ...{ path: platform.composition.path, handlers: platform.composition.handlers, limits: createRateLimits(), shedding, known },
    ...{ authenticate, publicUrl: 'https://127.0.0.1', consoleDir: directory, proxies: [] },
    tls: { cert: await readFile(tls.cert, 'utf8'), key: await readFile(tls.key, 'utf8') },
    connections: defaultConnectionLimits,
    large: createLargeBodies(),
    log: () => {},
    pages: () => {},
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return createAsk(`https://127.0.0.1:${(app.server.address() as AddressInfo).port}`, tls.ca)
}
afterEach(async () => {
  shedding.stop()
  await app.close()
})

let key: { id: string; headers: { authorization: string } }
beforeEach(async () => {
  const id = newId('ak')
  const { key: text, secretHash } = createApiKey(id)
  await platform.arrange(
    founded.orgId,
    `insert into api_key (org_id, id, name, secret_hash, role, created_by, expires_at) values ($1, $2, 'test', $3, 'owner', $4, now() + interval '1 day')`,
    [founded.orgId, id, secretHash, founded.personId],
  )
  key = { id, headers: { authorization: `Bearer ${text}` } }
})

const change = (set: string): Promise<void> =>
  platform.arrange(founded.orgId, `update api_key set ${set} where id = $1`, [key.id])
/** How many reads stand in the access log under the key. */
const logged = async (): Promise<number> => {
  await platform.settle()
  const { rows } = await platform.admin.query<{ n: string }>(
    `select count(*) as n from access_log where session = $1 and outcome = 'read'`,
    [key.id],
  )
  return Number(rows[0]?.n)
}
const codeIn = (text: string): string => (JSON.parse(text) as { code?: string }).code ?? 'none'

test('the second read is begun at once, answers the same, and is logged as the first', async () => {
  const ask = await serve()
  const first = await ask('GET', '/api/v1/organisation', key)
  expect(known.recall(key)).toMatchObject({ kind: 'api_key', keyId: key.id, role: 'owner' })
  const second = await ask('GET', '/api/v1/organisation', key)
  expect([first.status, second.status, second.text]).toEqual([200, 200, first.text])
  expect(await logged()).toBe(2)
})

test.each([
  ['revoked', `revoked_at = now()`],
  ['expired', `expires_at = now() - interval '1 second'`],
])('a key %s meanwhile reads nothing, and nothing says that it did', async (_, set) => {
  const ask = await serve()
  await ask('GET', '/api/v1/organisation', key)
  await change(set)
  const after = await ask('GET', '/api/v1/organisation', key)
  expect([after.status, codeIn(after.text)]).toEqual([401, 'unauthenticated'])
  expect(after.text).not.toContain(founded.orgId)
  expect(await logged()).toBe(1)
})

test('a caller whose role fell meanwhile is judged by the role it has now', async () => {
  const ask = await serve()
  expect((await ask('GET', '/api/v1/ledger', key)).status).toBe(200)
  await change(`role = 'viewer'`)
  const after = await ask('GET', '/api/v1/ledger', key)
  expect([after.status, codeIn(after.text)]).toEqual([403, 'forbidden'])
  expect(await logged()).toBe(1)
  await change(`role = 'owner'`)
  expect((await ask('GET', '/api/v1/ledger', key)).status).toBe(200)
})

test('a network that was allowed a moment ago is not: what is known of a caller does not stand in for the policy', async () => {
  const ask = await serve()
  expect((await ask('GET', '/api/v1/organisation', key)).status).toBe(200)
  const networks = (list: string) =>
    platform.arrange(founded.orgId, `update org set networks = '${list}' where id = $1`, [founded.orgId])
  await networks('{198.51.100.0/24}')
  const after = await ask('GET', '/api/v1/organisation', key)
  expect([after.status, codeIn(after.text)]).toEqual([403, 'network_refused'])
  await networks('{}')
  expect((await ask('GET', '/api/v1/organisation', key)).status).toBe(200)
})

test('were the answer not waited for, a revoked key would read: the fence is the confirmation', async () => {
  let asked = 0
  const once: Authenticator['authenticate'] = async (request) =>
    asked++ === 0 ? platform.composition.authenticate(request) : known.recall(request)
  const ask = await serve(once)
  await ask('GET', '/api/v1/organisation', key)
  await change('revoked_at = now()')
  expect((await ask('GET', '/api/v1/organisation', key)).status).toBe(200)
})
