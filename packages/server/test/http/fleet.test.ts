/** A fleet behind one address: agents that have proved themselves count each for itself; whoever has not counts by address (O10, C6). */
import { Agent } from 'node:https'
import { expect, test } from 'vitest'
import { createKnownCallers, type KnownCallers } from '../../src/kernel/http/known-callers.ts'
import { createAsk } from './started.ts'
import { edge, retired, serve, useEdge, type Fences, type Served } from './small-edge.ts'

useEdge()

const as = (name: string) => ({ headers: { authorization: `Bearer ${name}` } })
const agents = ['agent-a', 'agent-b', 'agent-c', 'agent-d']

/** Each proves itself once, then asks for as long as it is served: how many answers each gets. */
const servedToEach = async ({ ask }: Served, most: number): Promise<number[]> => {
  for (const name of agents) expect((await ask('GET', '/whoami', as(name))).text).toBe('known')
  const served = []
  for (const name of agents) {
    let count = 0
    while (count < most && (await ask('GET', '/whoami', as(name))).status === 200) count += 1
    served.push(count)
  }
  return served
}

test('each agent has a rate of its own, however many share its address', async () => {
  expect(await servedToEach(await serve({ quota: 6 }), 20)).toEqual([6, 6, 6, 6])
})

test('were nobody known, they would share what their address has', async () => {
  const known: KnownCallers = { ...createKnownCallers(), recall: () => null }
  expect(await servedToEach(await serve({ quota: 6, known }), 20)).toEqual([2, 0, 0, 0])
})

test('a made-up key, one that is not known yet, and one that was retired, count by address', async () => {
  const { ask } = await serve({ quota: 6 })
  await ask('GET', '/whoami', as('agent-a'))
  for (let n = 0; n < 5; n += 1) expect((await ask('GET', '/whoami', as(`made-up-${n}`))).status).toBe(401)
  for (const name of ['made-up', 'agent-b']) expect((await ask('GET', '/whoami', as(name))).status).toBe(429)
  expect((await ask('GET', '/whoami', as('agent-a'))).status).toBe(200)
  retired.add('a')
  try {
    expect((await ask('GET', '/whoami', as('agent-a'))).status).toBe(401)
    expect((await ask('GET', '/whoami', as('agent-a'))).status).toBe(429)
  } finally {
    retired.clear()
  }
})

test('one agent that asks too much at once holds up nobody else at its address', async () => {
  const { ask, finish } = await serve({ load: { perAddress: 2 } })
  for (const name of agents) await ask('GET', '/whoami', as(name))
  const held = [ask('GET', '/slow', as('agent-a')), ask('GET', '/slow', as('agent-a'))]
  await expect.poll(() => edge.shedding.state().inFlight).toBe(2)
  expect((await ask('GET', '/quick', as('agent-a'))).status).toBe(503)
  expect((await ask('GET', '/quick', as('agent-b'))).status).toBe(200)
  finish()
  await Promise.all(held)
})

/** Connections that stay open, one a caller; who got one. */
const connected = async (fences: Partial<Fences>, names: readonly string[]): Promise<boolean[]> => {
  const { port } = await serve({ proxies: [], ...fences })
  const connections: Agent[] = []
  const got = []
  for (const name of names) {
    const connection = new Agent({ keepAlive: true, maxSockets: 1 })
    connections.push(connection)
    const ask = createAsk(`https://127.0.0.1:${port}`, edge.certificate.ca, connection)
    got.push(
      await ask('GET', '/api/v1/answer', as(name)).then(
        () => true,
        () => false,
      ),
    )
  }
  for (const connection of connections) connection.destroy()
  return got
}

test('a connection counts as its agent’s once that has proved itself; beyond what one agent may have, as its address’s', async () => {
  const connections = { perAddress: 2, perAgent: 2 }
  expect(await connected({ connections }, [...agents, ...agents])).toEqual(Array.from({ length: 8 }, () => true))
  await edge.app.close()
  expect(await connected({ connections }, ['x', 'y', 'z'])).toEqual([true, true, false])
  await edge.app.close()
  // Two as the agent's, two as the address's.
  const one = Array.from({ length: 5 }, () => 'agent-a')
  expect(await connected({ connections }, one)).toEqual([true, true, true, true, false])
})

test('without that a fleet would have what one address has', async () => {
  expect(await connected({ connections: { perAddress: 2, perAgent: 0 } }, agents)).toEqual([true, true, false, false])
})
