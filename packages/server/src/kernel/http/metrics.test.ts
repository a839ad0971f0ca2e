import Fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Principal } from '../principal.ts'
import { createMetrics, registerMetrics } from './metrics.ts'

const key = (operator: boolean, role: 'admin' | 'viewer'): Principal => ({
  kind: 'api_key',
  heldBack: null,
  keyId: 'ak_1',
  personId: 'pe_1' as never,
  orgId: 'o' as never,
  role,
  operator,
  plan: 'enterprise',
  scopes: null,
})
const principals: Record<string, Principal> = {
  operator: key(true, 'admin'),
  viewer: key(true, 'viewer'),
  other: key(false, 'admin'),
}

const serverWith = () => {
  const app = Fastify()
  app.decorateRequest('requestId', '')
  const metrics = createMetrics()
  registerMetrics(app, metrics, async ({ headers }) => principals[headers.authorization ?? ''] ?? null)
  app.get('/things/:id', async (_, reply) => reply.code(429).send())
  return { app, metrics }
}

test('counts by pattern, never by address', async () => {
  const { app, metrics } = serverWith()
  expect(metrics.state().p99Ms).toBeNull()
  metrics.watch(() => ({ inFlight: 1, shed: 7, loopDelayMs: 3.14, connections: { open: 2, refused: 5 } }))
  for (let n = 0; n < 100; n++) await app.inject({ url: `/things/${n}` })
  expect(metrics.state()).toMatchObject({ served: 100, limited: 100, shed: 7, eventLoopDelayMs: 3.1 })
  const { body } = await app.inject({ url: '/metrics', remoteAddress: '127.0.0.1' })
  expect(body).toContain('holdfast_http_request_seconds_count{route="/things/:id",method="GET",status="4xx"} 100')
  expect(body).toContain('holdfast_connections_refused 5')
  expect(body).not.toContain('/things/7')
})

test('shows them to this machine and to the operator’s managers; for others there is nothing', async () => {
  const { app } = serverWith()
  const status = async (remoteAddress: string, headers: Record<string, string> = {}) =>
    (await app.inject({ url: '/metrics', remoteAddress, headers })).statusCode
  expect(await status('::1')).toBe(200)
  expect(await status('::ffff:127.0.0.1')).toBe(200)
  expect(await status('198.51.100.7')).toBe(404)
  expect(await status('127.0.0.1', { 'x-forwarded-for': '198.51.100.7' })).toBe(404)
  expect(await status('198.51.100.7', { authorization: 'operator' })).toBe(200)
  expect(await status('198.51.100.7', { authorization: 'viewer' })).toBe(404)
  expect(await status('198.51.100.7', { authorization: 'other' })).toBe(404)
})
