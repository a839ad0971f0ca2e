/** The real HTTPS edge with small limits: floods are refused with a time to come back, whoever is known is still served (O10, O11). */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeAll, afterAll, expect, test } from 'vitest'
import { createLoadShedding, type LoadLimits, type LoadShedding } from '../../src/kernel/http/load-shedding.ts'
import { createMetrics } from '../../src/kernel/http/metrics.ts'
import { createRateLimits, defaultPolicies } from '../../src/kernel/http/rate-limit.ts'
import { createHttpServer } from '../../src/kernel/http/server.ts'
import type { Path } from '../../src/kernel/run.ts'
import { makeTestCertificate } from '../certificate.ts'
import { createAsk, type Ask } from './started.ts'

let directory: string
let certificate: { cert: string; key: string; ca: string }
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-edge-'))
  certificate = await makeTestCertificate(directory)
  await writeFile(join(directory, 'index.html'), '<!doctype html>')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

let app: FastifyInstance
let shedding: LoadShedding
afterEach(async () => {
  shedding.stop()
  await app.close()
})

/** `/slow` answers when told; everything else at once. */
const serve = async (load: Partial<LoadLimits>, quota = 10_000): Promise<{ ask: Ask; finish: () => void }> => {
  const waiting = Promise.withResolvers<void>()
  shedding = createLoadShedding({ inFlight: 400, inFlightAnonymous: 200, perAddress: 120, loopDelayMs: 10_000, ...load })
  app = await createHttpServer({
    path: { services: { metrics: createMetrics() } } as unknown as Path,
    ...{ handlers: [], authenticate: async () => null, trustProxy: ['127.0.0.1'], consoleDir: directory, shedding },
    limits: createRateLimits({ ...defaultPolicies, address: { quota, windowSeconds: 60 } }),
    publicUrl: 'https://127.0.0.1',
    tls: { cert: await readFile(certificate.cert, 'utf8'), key: await readFile(certificate.key, 'utf8') },
    log: () => undefined,
    pages: (fastify) => {
      fastify.get('/slow', () => waiting.promise.then(() => 'done'))
      fastify.get('/quick', async () => 'done')
      fastify.get('/broken', () => Promise.reject(new Error('the secret of the inside')))
    },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { ask: createAsk(`https://127.0.0.1:${port}`, certificate.ca), finish: waiting.resolve }
}

const codeOf = (text: string): string => (JSON.parse(text) as { code: string }).code
const inWork = (count: number) => expect.poll(() => shedding.state().inFlight).toBe(count)

test('beyond the anonymous limit strangers get 503 and Retry-After while known callers are served', async () => {
  const { ask, finish } = await serve({ inFlightAnonymous: 3 })
  const held = Array.from({ length: 3 }, () => ask('GET', '/slow'))
  await inWork(3)
  const refused = await ask('GET', '/quick')
  expect([refused.status, codeOf(refused.text), refused.headers['retry-after']]).toEqual([503, 'overloaded', '1'])
  expect(refused.headers['strict-transport-security']).toBeDefined()
  expect((await ask('GET', '/quick', { headers: { cookie: '__Host-at=x' } })).status).toBe(200)
  expect((await ask('GET', '/quick', { headers: { authorization: 'Bearer x' } })).status).toBe(200)
  finish()
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200])
  await inWork(0)
  expect((await ask('GET', '/quick')).status).toBe(200)
  expect(shedding.state().shed).toBe(1)
})

test('one address cannot hold more than its share, and others are served', async () => {
  const { ask, finish } = await serve({ perAddress: 2 })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  const held = [ask('GET', '/slow', from('192.0.2.1')), ask('GET', '/slow', from('192.0.2.1'))]
  await inWork(2)
  expect((await ask('GET', '/quick', from('192.0.2.1'))).status).toBe(503)
  expect((await ask('GET', '/quick', from('192.0.2.2'))).status).toBe(200)
  finish()
  await Promise.all(held)
})

test('beyond its rate an address gets 429 with RateLimit and Retry-After, on every kind of answer', async () => {
  const { ask } = await serve({}, 4)
  const first = await ask('GET', '/quick')
  expect([first.status, first.headers['ratelimit-policy'], first.headers['ratelimit']]).toEqual([
    200,
    '"address";q=4;w=60',
    '"address";r=3;t=15',
  ])
  for (const path of ['/', '/nothing', '/api/v1/nothing']) await ask('GET', path)
  const refused = await ask('GET', '/quick')
  expect([refused.status, codeOf(refused.text)]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.headers['ratelimit']).toMatch(/^"address";r=0;t=\d+$/)
  expect((await ask('GET', '/quick', { headers: { 'x-forwarded-for': '192.0.2.9' } })).status).toBe(200)
})

test('a failure of ours shows nothing of our inside', async () => {
  const { ask } = await serve({})
  const { status, text } = await ask('GET', '/broken')
  expect([status, codeOf(text)]).toEqual([500, 'internal'])
  expect(text).not.toMatch(/secret|\.ts|stack/)
})
