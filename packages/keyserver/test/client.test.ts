import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueCertificate } from '../src/certificates.ts'
import { connectKeyServer, KeyServerRefused, KeyServerUnavailable } from '../src/client.ts'
import { serverNames, startTestKeyServer, type TestKeyServer } from '../src/testing.ts'

let server: TestKeyServer
beforeAll(async () => {
  server = await startTestKeyServer()
})
afterAll(() => server.close())

const refusal = (work: Promise<unknown>): Promise<KeyServerRefused> =>
  work.then(
    () => {
      throw new Error('was not refused')
    },
    (error: unknown) => {
      if (error instanceof KeyServerRefused) return error
      throw error
    },
  )

/** A server that answers as told, request after request; null breaks the connection, undefined never answers. */
const fake = async (answers: (number | null | undefined)[]): Promise<{ port: number; server: Server; seen: () => number }> => {
  const issued = await issueCertificate({ authority: server.authority, ...serverNames, usage: 'server' })
  let seen = 0
  const impostor = createServer({ cert: issued.certificatePem, key: issued.privateKeyPem }, (request, response) => {
    const answer = answers[seen]
    seen += 1
    if (answer === null) request.socket.destroy()
    else if (answer !== undefined)
      response.writeHead(answer).end('{"status":"ok","adapter":"file","uptimeSeconds":1,"ring":"tenant","version":2}')
  })
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
  return { port: (impostor.address() as AddressInfo).port, server: impostor, seen: () => seen }
}

describe('the client', () => {
  it('wraps, unwraps and rewraps more than one batch, in order', async () => {
    const items = Array.from({ length: 1234 }, (_, n) => ({ plaintext: Buffer.from(`key ${n}`), context: { n: String(n) } }))
    const wrapped = (await server.client.wrap(items)).map((item, n) => ({ ...item, context: { n: String(n) } }))
    await server.client.rotate()
    const moved = (await server.client.rewrap(wrapped)).map((item, n) => ({ ...item, context: { n: String(n) } }))
    expect(moved.every((item) => item.changed && item.version === 2)).toBe(true)
    expect((await server.client.unwrap(moved)).map((item) => item.plaintext.toString())).toEqual(
      items.map((item) => item.plaintext.toString()),
    )
  })

  it('says which item was refused', async () => {
    const items = ['a', 'b', 'c'].map((org) => ({ plaintext: Buffer.from(org), context: { org } }))
    const wrapped = await server.client.wrap(items, 'platform')
    const moved = wrapped.map((item, n) => ({ ...item, context: { org: n === 2 ? 'b' : 'abc'.charAt(n) } }))
    expect(await refusal(server.client.unwrap(moved, 'platform'))).toMatchObject({
      code: 'unwrap_failed',
      status: 422,
      details: { index: 2 },
    })
  })

  it('retires and restores', async () => {
    const [item] = await server.client.wrap([{ plaintext: Buffer.from('x'), context: {} }], 'platform')
    const { version } = await server.client.rotate('platform')
    await server.client.retire('platform', version - 1)
    const again = { wrapped: item?.wrapped ?? Buffer.alloc(0), context: {} }
    expect((await refusal(server.client.unwrap([again], 'platform'))).code).toBe('version_retired')
    await server.client.restore('platform', version - 1)
    expect((await server.client.unwrap([again], 'platform'))[0]?.plaintext.toString()).toBe('x')
    const ring = (await server.client.keys()).rings.find(({ name }) => name === 'platform')
    expect(ring).toMatchObject({ current: version, versions: [{ state: 'active' }, { state: 'active', ageDays: 0 }] })
  })

  it('serves many callers at once', async () => {
    const wraps = Array.from({ length: 200 }, (_, n) => server.client.wrap([{ plaintext: Buffer.from([n]), context: {} }]))
    expect((await Promise.all(wraps)).flat()).toHaveLength(200)
  })

  it('comes through a restart of the key server', async () => {
    const [item] = await server.client.wrap([{ plaintext: Buffer.from('before'), context: {} }])
    await server.restart()
    const again = await server.client.unwrap([{ wrapped: item?.wrapped ?? Buffer.alloc(0), context: {} }])
    expect(again[0]?.plaintext.toString()).toBe('before')
  })

  it('repeats what is safe to repeat, and nothing else', async () => {
    const flaky = await fake([null, 503, 200, null, 200])
    const client = connectKeyServer({ ...server.connect, port: flaky.port })
    expect((await client.health()).status).toBe('ok')
    expect(flaky.seen()).toBe(3)
    await expect(client.rotate()).rejects.toThrow(KeyServerUnavailable)
    expect(flaky.seen()).toBe(4)
    client.close()
    flaky.server.close()
  })

  it('is unavailable when nobody listens, nobody answers, or somebody else does', async () => {
    const gone = connectKeyServer({ ...server.connect, port: 1 })
    await expect(gone.rotate()).rejects.toThrow(KeyServerUnavailable)
    const silent = await fake([undefined])
    const slow = connectKeyServer({ ...server.connect, port: silent.port, timeoutMs: 200 })
    await expect(slow.health()).rejects.toThrow('did not answer in time')
    const stranger = await startTestKeyServer()
    const wrong = connectKeyServer({ ...server.connect, port: stranger.port })
    await expect(wrong.health()).rejects.toThrow(KeyServerUnavailable)
    for (const client of [gone, slow, wrong]) client.close()
    silent.server.closeAllConnections()
    silent.server.close()
    await stranger.close()
  })
})
