/** What stands before every operation: headers, methods, files, cookies, slow and oversize requests (D1, O10). */
import { readdir } from 'node:fs/promises'
import { get } from 'node:http'
import { createServer, connect as connectPlain, type AddressInfo, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { owner, startWithOwner, type Answer, type Started } from './started.ts'

let started: Started
let httpPort: number
beforeAll(async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  httpPort = (probe.address() as AddressInfo).port
  await new Promise((resolve) => probe.close(resolve))
  started = await startWithOwner({ HOLDFAST_HTTP_PORT: String(httpPort) })
})
afterAll(() => started?.stop())

const expectHeaders = ({ headers }: Pick<Answer, 'headers'>): void => {
  expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains; preload')
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['x-frame-options']).toBe('DENY')
  expect(headers['referrer-policy']).toBe('no-referrer')
  expect(headers['cross-origin-opener-policy']).toBe('same-origin')
  expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  expect(headers['permissions-policy']).toContain('camera=()')
  for (const name of ['server', 'x-powered-by', 'access-control-allow-origin', 'access-control-allow-credentials'])
    expect(headers[name]).toBeUndefined()
}

/** Sends bytes over TLS; resolves with all that comes back until the server closes, and how long that took. */
const overTls = (bytes: string): Promise<{ text: string; ms: number }> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(started.system.url)
    const begun = performance.now()
    let text = ''
    const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ca: started.system.ca }, () =>
      socket.write(bytes),
    )
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.once('error', reject).once('close', () => resolve({ text, ms: performance.now() - begun }))
  })

describe('headers', () => {
  test.each([
    ['an answer', 'GET', '/api/v1/setup', 200],
    ['a page', 'GET', '/', 200],
    ['the trust page', 'GET', '/trust', 200],
    ['health', 'GET', '/healthz', 200],
    ['a file', 'GET', '/holdfast.svg', 200],
    ['a refusal', 'GET', '/api/v1/policies', 401],
    ['nothing there', 'GET', '/api/v1/nothing', 404],
    ['an address that cannot be read', 'GET', '/%zz', 400],
    ['a wrong method', 'DELETE', '/api/v1/policies', 405],
  ])('%s carries the protective ones', async (_, method, path, status) => {
    const answer = await started.ask(method, path)
    expect(answer.status).toBe(status)
    expectHeaders(answer)
  })

  test('answers of operations are not kept by caches, files with a hash in their name are', async () => {
    const dist = fileURLToPath(new URL('../../../console/dist/assets', import.meta.url))
    const [asset] = await readdir(dist)
    expect((await started.ask('GET', `/assets/${asset}`)).headers['cache-control']).toContain('immutable')
    expect((await started.ask('GET', '/api/v1/setup')).headers['cache-control']).toBe('no-store')
    expect((await started.ask('GET', '/')).headers['cache-control']).toBe('no-store')
  })
})

describe('methods', () => {
  test.each([
    ['DELETE', '/api/v1/policies', 'GET, HEAD, POST'],
    ['PUT', '/api/v1/policies/po_01m841fb3rf609mnm1nq5y13xf', 'GET, HEAD, POST'],
    ['GET', '/api/v1/session/sign-in', 'POST'],
    ['TRACE', '/api/v1/setup', 'GET, HEAD, POST'],
    ['PROPFIND', '/healthz', 'GET, HEAD'],
    ['POST', '/holdfast.svg', 'GET, HEAD'],
  ])('%s %s is refused and told what it takes', async (method, path, allow) => {
    const { status, headers, text } = await started.ask(method, path)
    expect({ status, allow: headers.allow, code: (JSON.parse(text) as { code: string }).code }).toEqual({
      ...{ status: 405, code: 'method_not_allowed' },
      allow,
    })
  })

  test('OPTIONS names the methods and lets no other origin in', async () => {
    const asked = { headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' } }
    const answer = await started.ask('OPTIONS', '/api/v1/session/sign-in', asked)
    expect({ status: answer.status, allow: answer.headers.allow }).toEqual({ status: 204, allow: 'POST' })
    expectHeaders(answer)
  })

  test('HEAD is GET without a body', async () => {
    for (const path of ['/', '/api/v1/setup', '/holdfast.svg', '/healthz']) {
      const { status, text } = await started.ask('HEAD', path)
      expect({ path, status, text }).toEqual({ path, status: 200, text: '' })
    }
  })

  test('a method that does not exist is a problem', async () => {
    const { text } = await overTls('FROBNICATE / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text).toContain('"code":"malformed_request"')
  })
})

describe('files', () => {
  test.each([
    '/../package.json',
    '/../../../../../../etc/passwd',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/%2e%2e%2fpackage.json',
    '//etc/passwd',
    '/assets/',
    '/assets/%00',
    '/.env',
    '/index.html.bak',
  ])('%s is not served', async (path) => {
    const { status, text } = await started.ask('GET', path)
    expect(status).toBe(404)
    expect((JSON.parse(text) as { code: string }).code).toBe('route_not_found')
  })
})

test.each(['/.env', '/index.html.bak', '/trust~', '/sign-in.zip', '/policies/..;/x', '/assets/x'])(
  '%s is no page of the console',
  async (path) => {
    const { status } = await started.ask('GET', path, { headers: { accept: 'text/html' } })
    expect(status).toBe(404)
    expect(
      (await started.ask('GET', '/policies/po_01m841fb3rf609mnm1nq5y13xf', { headers: { accept: 'text/html' } })).status,
    ).toBe(200)
  },
)

describe('cross-site requests and cookies', () => {
  const headersOf = (headers: Record<string, string>) => ({
    'content-type': 'application/json',
    cookie: started.browser['cookie'] ?? '',
    ...headers,
  })
  test.each([
    ['another origin', { origin: 'https://evil.test' }],
    ['no origin', {}],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a sibling host', { 'sec-fetch-site': 'same-site' }],
  ])('%s changes nothing, signed in or not', async (_, headers) => {
    const { status, text } = await started.ask('POST', '/api/v1/policies', {
      headers: headersOf(headers),
      body: { title: 'x', content: 'x' },
    })
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([403, 'cross_site_request'])
    expect((await started.ask('POST', '/api/v1/session/sign-in', { headers: headersOf(headers), body: owner })).status).toBe(403)
  })

  test('cookies go to this host only, never to a script, never over plain HTTP, never from another site', () => {
    expect(started.setCookies.map((cookie) => cookie.split('=', 1)[0])).toEqual(['__Host-at', '__Host-rt'])
    for (const cookie of started.setCookies) {
      const attributes = cookie.split('; ').slice(1)
      expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict']))
      expect(attributes.some((attribute) => attribute.startsWith('Domain'))).toBe(false)
    }
  })
})

describe('oversize and slow requests', () => {
  test('headers beyond 16 kB', async () => {
    const { text } = await overTls(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 431 /)
    expect(text).toContain('"code":"headers_too_large"')
    expect(text).toContain('strict-transport-security')
  })

  test('two lengths for one body, or a length beside chunks, are refused: no request hides in another', async () => {
    const head = 'POST /api/v1/setup HTTP/1.1\r\nHost: localhost\r\n'
    for (const lengths of ['Content-Length: 4\r\nContent-Length: 5', 'Content-Length: 4\r\nTransfer-Encoding: chunked'])
      expect((await overTls(`${head}${lengths}\r\n\r\n0\r\n\r\n`)).text).toMatch(/^HTTP\/1\.1 400 [^]*"code":"malformed_request"/)
  })

  test.concurrent('headers that never end are cut within some six seconds, others are served meanwhile', async () => {
    const slow = overTls('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    expect((await started.ask('GET', '/healthz')).status).toBe(200)
    const { text, ms } = await slow
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(ms).toBeLessThan(8_000)
  })

  test.concurrent('a connection that says nothing is cut too, before TLS and after', async () => {
    const begun = performance.now()
    const silent = (socket: Socket): Promise<void> =>
      new Promise((resolve) =>
        socket
          .on('error', () => undefined)
          .on('close', () => resolve())
          .resume(),
      )
    const { port } = new URL(started.system.url)
    await Promise.all([silent(connectPlain({ port: Number(port), host: '127.0.0.1' })), overTls('')])
    expect(performance.now() - begun).toBeLessThan(8_000)
  })
})

test.each(['/', '/policies?x=1', '//evil.test/', '/\\evil.test'])(
  'plain HTTP redirects %s to our own HTTPS address',
  async (path) => {
    const { status, location } = await new Promise<{ status: number | undefined; location: string }>((resolve, reject) => {
      get({ port: httpPort, host: '127.0.0.1', path, agent: false }, (response) => {
        resolve({ status: response.statusCode, location: response.headers.location ?? '' })
        response.resume()
      }).on('error', reject)
    })
    expect(status).toBe(308)
    expect(new URL(location).origin).toBe(started.system.url)
  },
)
