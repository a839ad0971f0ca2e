/** Server-sent events over the real HTTPS edge (C6): the agent of a host hears of a change at once, and is no work in hand meanwhile. */
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSshKey } from '../world.ts'
import { startWithOwner, type Started } from './started.ts'

let started: Started
beforeAll(async () => {
  started = await startWithOwner()
}, 60_000)
afterAll(() => started?.stop())

const enrolled = async (name: string): Promise<{ hostId: string; key: Record<string, string> }> => {
  const { ask, browser } = started
  const register = { name, environment: 'production', address: `${name}.example.test` }
  const registered = await ask('POST', '/api/v1/hosts', {
    headers: { ...browser, 'content-type': 'application/json' },
    body: register,
  })
  const { token, caFingerprint, command } = JSON.parse(registered.text) as Record<string, string>
  expect(command).toContain(`--token ${token} --ca-fingerprint ${caFingerprint}`)
  const enrol = { token, hostPublicKey: newSshKey(), agentVersion: '1.0' }
  const answer = await ask('POST', '/api/v1/agent/enrol', {
    headers: { 'content-type': 'application/json', origin: started.system.url },
    body: enrol,
  })
  const { hostId, agentKey } = JSON.parse(answer.text) as { hostId: string; agentKey: string }
  return { hostId, key: { authorization: `Bearer ${agentKey}` } }
}

const listen = (key: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { url, ca } = started.system
    const sent = httpsRequest(`${url}/api/v1/agent/events`, { ca, headers: key, agent: false }, resolve)
    sent.on('error', reject)
    sent.end()
  })

/** Waits until `text` holds as many events; returns their numbers. */
const numbersOf = (response: IncomingMessage) => {
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return async (count: number): Promise<number[]> => {
    await expect.poll(() => text.split('event: changed').length - 1, { timeout: 10_000 }).toBeGreaterThanOrEqual(count)
    return [...text.matchAll(/event: changed\ndata: \{"sequence":(\d+)\}\n\n/g)].map((match) => Number(match[1]))
  }
}

test('one event at once, one a change; a retired host hears nothing more', async () => {
  const { ask, browser } = started
  const { hostId, key } = await enrolled('web-1')
  const stream = await listen(key)
  expect(stream.statusCode).toBe(200)
  expect(stream.headers['content-type']).toBe('text/event-stream')
  const numbers = numbersOf(stream)
  const [first = 0] = await numbers(1)

  const asked = performance.now()
  await ask('POST', `/api/v1/hosts/${hostId}/update`, {
    headers: { ...browser, 'content-type': 'application/json' },
    body: { port: 2222 },
  })
  const [, second = 0] = await numbers(2)
  expect(second).toBe(first + 1)
  expect(performance.now() - asked).toBeLessThan(5_000)

  const metrics = (await ask('GET', '/metrics')).text
  expect(metrics).toMatch(/^holdfast_http_in_flight 1$/m) // the question itself; not the listener

  const older = new Promise((resolve) => stream.on('end', resolve))
  const newer = await listen(key)
  await numbersOf(newer)(1)
  await older // one stream an agent: the newer wins

  const closed = new Promise((resolve) => newer.on('end', resolve))
  await ask('POST', `/api/v1/hosts/${hostId}/retire`, {
    headers: { ...browser, 'content-type': 'application/json' },
    body: { reason: 'x' },
  })
  await closed
  expect((await ask('GET', '/api/v1/agent/state', { headers: key })).status).toBe(401)
})

test('only agents listen', async () => {
  const { ask, browser, key } = started
  expect((await ask('GET', '/api/v1/agent/events')).status).toBe(401)
  expect((await ask('GET', '/api/v1/agent/events', { headers: browser })).status).toBe(403)
  expect((await ask('GET', '/api/v1/agent/events', { headers: key })).status).toBe(403)
  const host = await enrolled('web-2')
  expect((await ask('GET', '/api/v1/setup', { headers: host.key })).status).toBe(403)
  expect((await ask('GET', '/api/v1/hosts', { headers: host.key })).status).toBe(403)
})

test('a server that stops lets its listeners go', async () => {
  const { key } = await enrolled('web-3')
  const stream = await listen(key)
  await numbersOf(stream)(1)
  const over = new Promise((resolve) => stream.on('close', resolve).on('error', resolve))
  const before = performance.now()
  await started.stop()
  await over
  expect(performance.now() - before).toBeLessThan(20_000)
})
