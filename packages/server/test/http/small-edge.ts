/** The real HTTPS edge with small limits, and nothing behind it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { capability, query } from '@holdfast/contract'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { z } from 'zod'
import type { Authenticator } from '../../src/kernel/http/authenticate.ts'
import { defaultConnectionLimits, type ConnectionLimits } from '../../src/kernel/http/connections.ts'
import { createKnownCallers, remembering, type KnownCallers } from '../../src/kernel/http/known-callers.ts'
import { createLargeBodies, type LargeLimits } from '../../src/kernel/http/large-bodies.ts'
import { createLoadShedding, type LoadLimits, type LoadShedding } from '../../src/kernel/http/load-shedding.ts'
import { createMetrics } from '../../src/kernel/http/metrics.ts'
import { createRateLimits, defaultPolicies } from '../../src/kernel/http/rate-limit.ts'
import { createHttpServer } from '../../src/kernel/http/server.ts'
import { handlePublic } from '../../src/kernel/handle.ts'
import type { Principal } from '../../src/kernel/principal.ts'
import { common } from '../../src/kernel/problem.ts'
import type { Path } from '../../src/kernel/run.ts'
import { makeTestCertificate } from '../certificate.ts'
import { createAsk, type Ask } from './started.ts'

/** Filled before each test that serves. */
export const edge = {} as {
  app: FastifyInstance
  shedding: LoadShedding
  certificate: { cert: string; key: string; ca: string }
}
let directory: string
export const useEdge = (): void => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-edge-'))
    edge.certificate = await makeTestCertificate(directory)
    await writeFile(join(directory, 'index.html'), '<!doctype html>')
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  afterEach(async () => {
    edge.shedding.stop()
    await edge.app.close()
  })
}

/** An answer larger than what the kernel takes off our hands. */
const { answer } = capability('test', {
  answer: query({
    path: '/answer',
    summary: 'A large one',
    permission: 'public',
    input: z.object({}),
    output: z.object({ text: z.string() }),
  }),
})

export interface Fences {
  load: Partial<LoadLimits>
  quota: number
  connections: Partial<ConnectionLimits>
  known: KnownCallers
  proxies: string[]
  large: LargeLimits
}

/** The one valid key of a person; `Bearer agent-x` is the agent x of a host, unless it was retired. An outsider only makes up others. */
export const validKey = 'Bearer valid'
export const retired = new Set<string>()
const authenticate: Authenticator['authenticate'] = async ({ headers }) => {
  if (headers.authorization === undefined) return null
  const agent = /^Bearer agent-(\w+)$/.exec(headers.authorization)?.[1]
  if (agent !== undefined && !retired.has(agent)) return { kind: 'agent', agentId: `ag_${agent}`, orgId: 'org' } as Principal
  if (headers.authorization !== validKey) throw common('unauthenticated')
  return { kind: 'api_key', keyId: 'ak_1', operator: false, role: 'viewer' } as Principal
}

export interface Served {
  ask: Ask
  port: number
  finish: () => void
}

/** `/slow` answers when told, `/whoami` authenticates as every operation does; everything else answers at once. */
export const serve = async (fences: Partial<Fences>): Promise<Served> => {
  const { load, quota = 10_000, connections, known = createKnownCallers(), proxies = ['127.0.0.1'], large } = fences
  const waiting = Promise.withResolvers<void>()
  const shedding = (edge.shedding = createLoadShedding({
    inFlight: 400,
    inFlightAnonymous: 200,
    perAddress: 120,
    loopDelayMs: 10_000,
    ...load,
  }))
  const app = (edge.app = await createHttpServer({
    edges: [],
    path: {
      services: { metrics: createMetrics(), clock: { now: () => new Date() }, ground: { onError: () => undefined } },
    } as unknown as Path,
    ...{
      handlers: [handlePublic(answer, async () => ({ text: 'a'.repeat(20_000_000) }))],
      authenticate,
      proxies,
      consoleDir: directory,
      shedding,
      known,
      large: createLargeBodies(large),
    },
    connections: { ...defaultConnectionLimits, ...connections },
    limits: createRateLimits({ ...defaultPolicies, address: { quota, windowSeconds: 60 } }),
    publicUrl: 'https://127.0.0.1',
    tls: { cert: await readFile(edge.certificate.cert, 'utf8'), key: await readFile(edge.certificate.key, 'utf8') },
    log: () => undefined,
    pages: (fastify) => {
      fastify.get('/slow', () => waiting.promise.then(() => 'done'))
      fastify.get('/healthz', async () => 'fine')
      fastify.get('/quick', async () => 'done')
      const remembered = remembering(known, authenticate)
      fastify.get('/whoami', async (request) => ((await remembered(request)) ? 'known' : 'nobody'))
      fastify.get('/broken', () => Promise.reject(new Error('the secret of the inside')))
    },
  }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { ask: createAsk(`https://127.0.0.1:${port}`, edge.certificate.ca), port, finish: waiting.resolve }
}
