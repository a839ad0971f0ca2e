/** News for people over the real HTTPS edge: whoever listens is let in again and again, and how many streams one may hold. */
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventStreams } from '../../src/kernel/http/events.ts'
import { operations } from '@holdfast/contract'
import { startWithOwner, type Started } from './started.ts'

let started: Started
beforeAll(async () => {
  started = await startWithOwner()
}, 60_000)
afterAll(() => started?.stop())

const listen = (headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { url, ca } = started.system
    httpsRequest(`${url}/api/v1/access/news`, { ca, headers, agent: false }, resolve).on('error', reject).end()
  })
/** Resolves with the milliseconds from now to its end. */
const endOf = (stream: IncomingMessage): Promise<number> => {
  const began = performance.now()
  return new Promise((resolve) => stream.on('close', () => resolve(performance.now() - began)).resume())
}
const firstOf = (stream: IncomingMessage): Promise<string> =>
  new Promise((resolve) => stream.setEncoding('utf8').once('data', (text: string) => resolve(text)))
const post = async (path: string, body: object, headers = started.browser) => {
  const answer = await started.ask('POST', `/api/v1${path}`, { headers, body })
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text) as Record<string, string>
}
const newKey = async (name: string) => {
  const { id, key } = await post('/api-keys', { name, role: 'owner' })
  return { id, headers: { authorization: `Bearer ${key}` } }
}

test('what may be heard comes at once; nobody, and who only says that they are somebody, hears nothing', async () => {
  const stream = await listen(started.browser)
  expect([stream.statusCode, stream.headers['content-type']]).toEqual([200, 'text/event-stream'])
  expect(await firstOf(stream)).toBe('event: changed\ndata: {"about":["grants","approvals","staff_access"]}\n\n')
  stream.destroy()
  for (const headers of [{}, { authorization: 'Bearer made-up' }, { cookie: '__Host-at=made-up' }])
    expect((await listen(headers as Record<string, string>)).statusCode).toBe(401)
})

test('a key that is revoked hears nothing more within a second', async () => {
  const { id, headers } = await newKey('revoked')
  const stream = await listen(headers)
  await firstOf(stream)
  const ended = endOf(stream)
  const began = performance.now()
  await post(`/api-keys/${id}/revoke`, {})
  const tookToRevoke = performance.now() - began
  expect((await ended) - tookToRevoke).toBeLessThan(1000)
})

/** A service account with a key that may read and ask. */
const newAccount = async (name: string) => {
  const { person } = JSON.parse((await started.ask('GET', '/api/v1/session', { headers: started.browser })).text)
  const { id } = await post('/service-accounts', { name, purpose: 'Deploys', role: 'member', ownerId: person.id })
  const made = await post(`/service-accounts/${id}/keys`, { name: 'pipeline', scopes: ['access:read', 'access:request'] })
  return { id, keyId: made['id'], headers: { authorization: `Bearer ${made['key']}` } }
}
type Account = Awaited<ReturnType<typeof newAccount>>
test.each<[string, (account: Account) => Promise<unknown>]>([
  ['its key is revoked', ({ keyId }) => post(`/api-keys/${keyId}/revoke`, {})],
  ['its secret is replaced without an overlap', ({ keyId }) => post(`/api-keys/${keyId}/rotate`, { overlapHours: 0 })],
  ['it is disabled', ({ id }) => post(`/service-accounts/${id}/disable`, {})],
])('a service account hears nothing more within a second once %s; another goes on', async (name, end) => {
  const [account, other] = [await newAccount(`ends: ${name}`.slice(0, 40)), await newAccount(`stays: ${name}`.slice(0, 40))]
  const [stream, neighbour] = [await listen(account.headers), await listen(other.headers)]
  expect(await firstOf(stream)).toBe('event: changed\ndata: {"about":["grants"]}\n\n')
  await firstOf(neighbour)
  const ended = endOf(stream)
  const began = performance.now()
  await end(account)
  const took = performance.now() - began
  expect((await ended) - took).toBeLessThan(1000)
  expect(neighbour.destroyed).toBe(false)
  neighbour.destroy()
  expect((await listen(account.headers)).statusCode).toBe(401)
})

test('one may hold six streams, and others are not hindered', async () => {
  const [{ headers: one }, { headers: other }] = [await newKey('many'), await newKey('other')]
  const held = []
  for (let n = 0; n < 6; n += 1) held.push(await listen(one))
  expect(held.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 200])
  const refused = await listen(one)
  expect(refused.statusCode).toBe(429)
  const neighbour = await listen(other)
  expect(neighbour.statusCode).toBe(200)
  held[0]?.destroy()
  await expect.poll(async () => (await listen(one)).statusCode, { timeout: 5_000 }).toBe(200)
  for (const stream of [...held, neighbour]) stream.destroy()
})

test('a session that is revoked hears nothing more within a second; a stream keeps no session awake', async () => {
  const { database, browser } = started
  const stream = await listen({ ...browser, 'holdfast-attended': '1' })
  await firstOf(stream)
  const { rows } = await database.query<{ at: Date }>('select attended_at at from session order by created_at desc limit 1')
  const ended = endOf(stream)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const again = await database.query<{ at: Date }>('select attended_at at from session order by created_at desc limit 1')
  expect(again.rows[0]?.at).toEqual(rows[0]?.at)
  const began = performance.now()
  await post('/session/sign-out', {})
  const took = performance.now() - began
  expect((await ended) - 1500 - took).toBeLessThan(1000)
})

test('without the look nobody would ever be let go; a look that fails lets go', async () => {
  const { news } = operations.access
  const source = async function* () {
    yield { about: ['grants'] }
    await new Promise(() => undefined)
  }
  const closed = async (mayStill: () => Promise<boolean>, lookMs: number): Promise<boolean> => {
    const streams = createEventStreams(() => undefined, { perListener: 1, total: 1, lookMs })
    const out = streams.open(news, source(), { name: 'x', mayStill })
    const ended = new Promise<boolean>((resolve) => out.resume().on('end', () => resolve(true)))
    const waited = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300))
    const result = await Promise.race([ended, waited])
    out.destroy()
    return result
  }
  expect(await closed(async () => false, 20)).toBe(true)
  expect(await closed(() => Promise.reject(new Error('no database')), 20)).toBe(true)
  expect(await closed(async () => true, 20)).toBe(false)
  expect(await closed(async () => false, 3_600_000)).toBe(false)
})
