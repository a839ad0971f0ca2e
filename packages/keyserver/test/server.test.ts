import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect as tcpConnect } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureLocalAuthority, issueCertificate, type Authority } from '../src/certificates.ts'
import { serverNames, startTestKeyServer, type TestKeyServer } from '../src/testing.ts'

let logged = ''
const log = pino(
  { level: 'debug' },
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString()
      done()
    },
  }),
)
const root = mkdtempSync(join(tmpdir(), 'holdfast-server-'))
let server: TestKeyServer
beforeAll(async () => {
  server = await startTestKeyServer({ log })
})
afterAll(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

interface Reply {
  status: number
  body: Record<string, unknown>
  text: string
}

/** One request on a connection of its own; rejects when there is no answer. */
const call = (path: string, options: RequestOptions & { body?: string | Buffer } = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { body, headers, ...rest } = options
    const { ca, cert, key } = server.connect
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        ca,
        cert,
        key,
        agent: false,
        ...rest,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown>, text }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
const post = (path: string, body: unknown) => call(path, { method: 'POST', body: JSON.stringify(body) })
const clientOf = async (authority: Authority, commonName: string, usage: 'client' | 'server' = 'client') => {
  const { certificatePem, privateKeyPem } = await issueCertificate({ authority, commonName, usage })
  return { cert: certificatePem, key: privateKeyPem }
}

describe('who gets in', () => {
  it('the app, by its certificate', async () => {
    expect(await call('/healthz')).toMatchObject({ status: 200, body: { status: 'ok', adapter: 'file' } })
  })

  it('nobody without a certificate', async () => {
    await expect(call('/healthz', { cert: undefined, key: undefined })).rejects.toThrow()
  })

  it('nobody with a certificate of another authority, even of the same name', async () => {
    await expect(call('/healthz', await clientOf(await ensureLocalAuthority(root), 'holdfast-app'))).rejects.toThrow()
  })

  it('nobody with a certificate for a server', async () => {
    await expect(call('/healthz', await clientOf(server.authority, 'holdfast-app', 'server'))).rejects.toThrow()
  })

  it('nobody of another name', async () => {
    for (const name of ['other', 'holdfast-app2', 'HOLDFAST-APP', 'localhost']) {
      expect(await call('/v1/keys', await clientOf(server.authority, name))).toMatchObject({
        status: 403,
        body: { code: 'client_not_allowed' },
      })
    }
  })

  it('nobody without TLS', async () => {
    const plain = new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port: server.port, path: '/healthz' }, resolve).on('error', reject).end()
    })
    await expect(plain).rejects.toThrow()
  })

  it('nobody by TLS 1.2', async () => {
    await expect(call('/healthz', { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/)
  })

  it('a client does not talk to an impostor', async () => {
    const impostor = await ensureLocalAuthority(root)
    await expect(call('/healthz', { ca: impostor.certificatePem })).rejects.toThrow(/self-signed|verify|issuer/)
  })

  it('no session is resumed past the look at the certificate', async () => {
    const { ca, cert, key } = server.connect
    const handshake = (session?: Buffer) =>
      new Promise<{ reused: boolean; sessions: Buffer[] }>((resolve, reject) => {
        const sessions: Buffer[] = []
        const socket = tlsConnect(
          { host: '127.0.0.1', port: server.port, ca, cert, key, ...(session ? { session } : {}) },
          () => {
            setTimeout(() => {
              resolve({ reused: socket.isSessionReused(), sessions })
              socket.destroy()
            }, 100)
          },
        )
        socket.on('session', (given: Buffer) => sessions.push(given)).on('error', reject)
      })
    const { sessions } = await handshake()
    for (const session of sessions) expect((await handshake(session)).reused).toBe(false)
  })
})

describe('bad requests', () => {
  const item = { plaintext: 'AAAA', context: {} }

  it.each([
    ['no JSON', '{"ring":"tenant","items":[{"plaintext":"c2VjcmV0LXBsYW50ZWQ=', 'malformed_request'],
    ['another type', '[]', 'malformed_request'],
    ['null', 'null', 'malformed_request'],
    ['no items', JSON.stringify({ ring: 'tenant', items: [] }), 'malformed_request'],
    ['too many items', JSON.stringify({ ring: 'tenant', items: Array(501).fill(item) }), 'malformed_request'],
    ['an unknown field', JSON.stringify({ ring: 'tenant', items: [item], more: 1 }), 'malformed_request'],
    ['bad base64', JSON.stringify({ ring: 'tenant', items: [{ ...item, plaintext: '!!' }] }), 'malformed_request'],
    [
      'a long plaintext',
      JSON.stringify({ ring: 'tenant', items: [{ ...item, plaintext: 'A'.repeat(8000) }] }),
      'malformed_request',
    ],
    [
      'a reserved context name',
      JSON.stringify({ ring: 'tenant', items: [{ ...item, context: { 'holdfast:ring': 'x' } }] }),
      'malformed_request',
    ],
    ['the ring of the signing keys', JSON.stringify({ ring: 'keyserver', items: [item] }), 'ring_unknown'],
    ['an unknown ring', JSON.stringify({ ring: 'nobody', items: [item] }), 'ring_unknown'],
  ])('%s', async (_name, body, code) => {
    const reply = await call('/v1/wrap', { method: 'POST', body })
    expect(reply.body['code']).toBe(code)
    expect(reply.body).toMatchObject({ status: reply.status, type: 'about:blank' })
    expect(reply.text).not.toContain('c2VjcmV0')
  })

  it('another media type, an unknown path, a wrong method', async () => {
    expect(await call('/v1/wrap', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } })).toMatchObject({
      status: 415,
    })
    expect(await call('/v1/nothing')).toMatchObject({ status: 404, body: { code: 'route_unknown' } })
    expect(await call('/v1/wrap')).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
    expect(await call('/v1/origins/%ZZ')).toMatchObject({ status: 400 })
    expect(await call('/v1/rings/tenant/versions/7', { method: 'DELETE' })).toMatchObject({
      status: 404,
      body: { code: 'version_unknown' },
    })
  })

  it('a body over the limit, said or not said beforehand', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024 + 1, 0x20)
    const refused = (reply: Promise<Reply>) =>
      reply.then(
        ({ body: problem }) => problem['code'],
        (error: NodeJS.ErrnoException) => error.code,
      )
    const outcomes = ['body_too_large', 'EPIPE', 'ECONNRESET']
    expect(outcomes).toContain(
      await refused(call('/v1/wrap', { method: 'POST', body, headers: { 'content-length': body.length } })),
    )
    expect(outcomes).toContain(
      await refused(call('/v1/wrap', { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } })),
    )
    expect(logged).toContain('"code":"body_too_large"')
    expect((await call('/healthz')).status).toBe(200)
  })

  it('a client that opens connections and says nothing holds nobody up', async () => {
    const sockets = Array.from({ length: 300 }, () => tcpConnect(server.port, '127.0.0.1'))
    expect((await call('/healthz')).status).toBe(200)
    for (const socket of sockets) socket.destroy()
  })
})

describe('secrets', () => {
  it('no key is in any answer or log line, whatever was called', async () => {
    const planted = Buffer.from('planted-secret-planted-secret!!!')
    const { items } = (
      await post('/v1/wrap', { ring: 'tenant', items: [{ plaintext: planted.toString('base64'), context: { org: 'o1' } }] })
    ).body as unknown as { items: { wrapped: string }[] }
    const [{ wrapped } = { wrapped: '' }] = items
    const answers = [
      await post('/v1/unwrap', { ring: 'tenant', items: [{ wrapped, context: { org: 'o2' } }] }),
      await post('/v1/rewrap', { ring: 'tenant', items: [{ wrapped, context: { org: 'o1' } }] }),
      await post('/v1/rotate', { ring: 'tenant' }),
      await post('/v1/rotate', { ring: 'keyserver' }),
      await post('/v1/signing-keys/rotate', { name: 'ledger' }),
      await call('/v1/keys'),
      await call('/healthz'),
      await call('/v1/origins/holdfast%2Fo1'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([422, 200, 200, 200, 200, 200, 200, 200])
    const file = (name: string) =>
      JSON.parse(readFileSync(join(server.dir, `${name}.json`), 'utf8')) as { mac: string; body: string }
    const masters = Object.values(JSON.parse(file('master-keys').body) as Record<string, string>)
    expect(masters.length).toBeGreaterThanOrEqual(5)
    const secrets = [...masters, planted.toString('base64'), readFileSync(join(server.dir, 'state.key')).toString('base64')]
    const everything = logged + answers.map(({ text }) => text).join('')
    for (const secret of secrets) {
      const bytes = Buffer.from(secret, 'base64')
      for (const form of [secret, bytes.toString('hex'), bytes.toString('base64url'), bytes.toString('latin1')])
        expect(everything.includes(form)).toBe(false)
    }
    expect(everything).not.toMatch(/PRIVATE KEY/)
    expect(file('signing-keys').body).not.toContain('MC4CAQAwBQYDK2Vw')
    expect(logged).toContain('"route":"/v1/unwrap"')
  })

  it('a changed state file stops the next start', async () => {
    const other = await startTestKeyServer()
    const file = join(other.dir, 'rings.json')
    const original = readFileSync(file, 'utf8')
    writeFileSync(file, original.replace('active', 'retired'))
    await expect(other.restart()).rejects.toThrow('was changed by something else')
    writeFileSync(file, original)
    await other.restart()
    expect((await other.client.health()).status).toBe('ok')
    await other.close()
  })

  it('a renewed certificate is used without a restart', async () => {
    const { startKeyServer } = await import('../src/index.ts')
    const issue = async () => {
      const issued = await issueCertificate({ authority: server.authority, ...serverNames, usage: 'server' })
      return { cert: issued.certificatePem, key: issued.privateKeyPem, ca: server.authority.certificatePem }
    }
    const running = await startKeyServer({ directory: join(root, 'renewed'), tls: await issue(), clients: [], log })
    const serial = () =>
      new Promise<string>((resolve, reject) => {
        const { ca, cert, key } = server.connect
        const socket = tlsConnect({ host: '127.0.0.1', port: running.port, ca, cert, key }, () => {
          resolve(socket.getPeerCertificate().serialNumber)
          socket.destroy()
        }).on('error', reject)
      })
    const before = await serial()
    running.reload(await issue())
    expect(await serial()).not.toBe(before)
    await running.close()
  })
})
