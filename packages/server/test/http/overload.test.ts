/** The real HTTPS edge with small limits: floods are refused with a time to come back, whoever is known is still served (O10, O11). */
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createKnownCallers, type KnownCallers } from '../../src/kernel/http/known-callers.ts'
import type { LargeLimits } from '../../src/kernel/http/large-bodies.ts'
import { edge, serve, useEdge, validKey } from './small-edge.ts'

useEdge()

const codeOf = (text: string): string => (JSON.parse(text) as { code: string }).code
const inWork = (count: number) => expect.poll(() => edge.shedding.state().inFlight).toBe(count)

test('beyond the anonymous limit strangers get 503 and Retry-After', async () => {
  const { ask, finish } = await serve({ load: { inFlightAnonymous: 3 } })
  const held = Array.from({ length: 3 }, () => ask('GET', '/slow'))
  await inWork(3)
  const refused = await ask('GET', '/quick')
  expect([refused.status, codeOf(refused.text), refused.headers['retry-after']]).toEqual([503, 'overloaded', '1'])
  expect(refused.headers['strict-transport-security']).toBeDefined()
  expect((await ask('GET', '/healthz')).status).toBe(200)
  finish()
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200])
  await inWork(0)
  expect((await ask('GET', '/quick')).status).toBe(200)
  expect(edge.shedding.state().shed).toBe(1)
})

const withKey = { headers: { authorization: validKey } }
const strangers = [
  {},
  { authorization: 'Bearer made-up' },
  { cookie: '__Host-at=made-up' },
  { cookie: '__Host-rt=made-up; __Host-at=x' },
]

/** Fills the anonymous share; who is served beyond it: a known key, and strangers who make up credentials. */
const servedBeyond = async (known?: KnownCallers): Promise<{ key: number; strangers: number[] }> => {
  const { ask, finish } = await serve({ load: { inFlightAnonymous: 3 }, ...(known && { known }) })
  expect((await ask('GET', '/whoami', withKey)).text).toBe('known')
  expect((await ask('GET', '/whoami', { headers: { authorization: 'Bearer made-up' } })).status).toBe(401)
  const held = Array.from({ length: 3 }, () => ask('GET', '/slow'))
  await inWork(3)
  const key = (await ask('GET', '/quick', withKey)).status
  const answers = await Promise.all(strangers.map((headers) => ask('GET', '/quick', { headers })))
  finish()
  await Promise.all(held)
  return { key, strangers: answers.map(({ status }) => status) }
}

test('beyond it callers whose credentials proved valid are served; made-up ones help nobody', async () => {
  expect(await servedBeyond()).toEqual({ key: 200, strangers: [503, 503, 503, 503] })
})

test('were every credential taken for known, made-up ones would be let in: the fence is the memory of valid ones', async () => {
  const has: KnownCallers['has'] = ({ headers }) => headers.authorization !== undefined || headers.cookie !== undefined
  expect(await servedBeyond({ ...createKnownCallers(), has })).toEqual({ key: 200, strangers: [503, 200, 200, 200] })
})

test('a key that stopped being valid is not known any more', async () => {
  const known = createKnownCallers()
  known.note('Bearer revoked')
  const { ask } = await serve({ known })
  const revoked = { headers: { authorization: 'Bearer revoked' } }
  expect(known.has(revoked)).toBe(true)
  expect((await ask('GET', '/whoami', revoked)).status).toBe(401)
  expect(known.has(revoked)).toBe(false)
})

/** Opens connections one after the other; how many finished their handshake, and how many were closed. */
const openMany = async (port: number, count: number, localAddress: string) => {
  const sockets = Array.from({ length: count }, () =>
    connect({
      socket: connectPlain({ port, host: '127.0.0.1', localAddress }),
      ca: edge.certificate.ca,
      rejectUnauthorized: false,
    }),
  )
  const opened = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<boolean>((resolve) => {
          socket.once('secureConnect', () => resolve(true))
          socket.on('error', () => resolve(false)).once('close', () => resolve(false))
        }),
    ),
  )
  return { open: opened.filter(Boolean).length, close: () => sockets.forEach((socket) => socket.destroy()) }
}

const openConnections = async (): Promise<number> =>
  new Promise((resolve) => edge.app.server.getConnections((_, count) => resolve(count)))

// Only Linux has all of 127.0.0.0/8 to come from.
const several = test.skipIf(process.platform !== 'linux')

several(
  'connections of one address beyond its share are closed before TLS, those of others are served, and places come free again',
  async () => {
    const { port } = await serve({ connections: { perAddress: 8 }, proxies: [] })
    const first = await openMany(port, 20, '127.0.0.1')
    const other = await openMany(port, 5, '127.0.0.2')
    expect([first.open, other.open]).toEqual([8, 5])
    first.close()
    other.close()
    await expect.poll(openConnections).toBe(0)
    const again = await openMany(port, 20, '127.0.0.1')
    expect(again.open).toBe(8)
    again.close()
  },
)

several('without the share one address would hold every connection; a proxy may', async () => {
  const { port } = await serve({ connections: { perAddress: Number.POSITIVE_INFINITY, total: 12 }, proxies: [] })
  const first = await openMany(port, 20, '127.0.0.1')
  expect([first.open, (await openMany(port, 5, '127.0.0.2')).open]).toEqual([12, 0])
  first.close()
  await edge.app.close()
  const proxied = await serve({ connections: { perAddress: 8 } })
  const many = await openMany(proxied.port, 20, '127.0.0.1')
  expect(many.open).toBe(20)
  many.close()
})

/** Six who ask for the large answer and read nothing; how many of them are refused one. */
const refusedAnswers = async (large: LargeLimits, expected: number): Promise<void> => {
  const { ask, port } = await serve({ large })
  const held = Array.from({ length: 6 }, () => {
    const plain = connectPlain({ port, host: '127.0.0.1' })
    const socket = connect({ socket: plain, ca: edge.certificate.ca, rejectUnauthorized: false }, () => {
      socket.write('GET /api/v1/answer HTTP/1.1\r\nHost: localhost\r\n\r\n', () => plain.pause())
    })
    return socket.on('error', () => undefined)
  })
  await expect.poll(() => edge.shedding.state().inFlight, { timeout: 20_000 }).toBe(6 - expected)
  await pause(500) // it stays so
  expect(edge.shedding.state().inFlight).toBe(6 - expected)
  expect((await ask('GET', '/quick')).status).toBe(200)
  for (const socket of held) socket.destroy()
  await inWork(0)
  expect((await ask('GET', '/api/v1/answer')).status).toBe(200)
}

test('large answers that nobody fetches are held up to a limit, and made again once they are gone', () =>
  refusedAnswers({ uploads: 1, answerBytes: 50_000_000 }, 4))

test('without the limit all of them would be held', () =>
  refusedAnswers({ uploads: 1, answerBytes: Number.POSITIVE_INFINITY }, 0))

test('one address cannot hold more than its share, and others are served', async () => {
  const { ask, finish } = await serve({ load: { perAddress: 2 } })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  const held = [ask('GET', '/slow', from('192.0.2.1')), ask('GET', '/slow', from('192.0.2.1'))]
  await inWork(2)
  expect((await ask('GET', '/quick', from('192.0.2.1'))).status).toBe(503)
  expect((await ask('GET', '/quick', from('192.0.2.2'))).status).toBe(200)
  finish()
  await Promise.all(held)
})

test('the many addresses of one IPv6 network are one', async () => {
  const { ask, finish } = await serve({ load: { perAddress: 2 }, quota: 6 })
  const from = (host: number) => ({ headers: { 'x-forwarded-for': `2001:db8:7:8::${host}` } })
  const held = [ask('GET', '/slow', from(1)), ask('GET', '/slow', from(2))]
  await inWork(2)
  expect((await ask('GET', '/quick', from(3))).status).toBe(503)
  finish()
  await Promise.all(held)
  await inWork(0)
  const statuses = []
  for (const host of [4, 5, 6, 7, 8]) statuses.push((await ask('GET', '/quick', from(host))).status)
  expect(statuses).toEqual([200, 200, 200, 200, 429])
})

test('beyond its rate an address gets 429 with RateLimit and Retry-After, on every kind of answer', async () => {
  const { ask } = await serve({ quota: 4 })
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
