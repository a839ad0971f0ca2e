import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdfast, scratch, type Setting } from './terminal.ts'
import { problem, startTestServer, type TestServer } from './test-server.ts'

const policyId = 'po_01j9zq4w7e8r9t0v1x2y3z4a5b'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({})
})
beforeEach(() => {
  server.asked.length = 0
  for (const name of Object.keys(server.handlers)) delete server.handlers[name]
})
afterAll(() => server.close())

const signedIn = (argv: readonly string[], setting: Setting = {}) =>
  holdfast(argv, { ...setting, env: { ...server.env, ...setting.env } })
const done = { headers: { 'holdfast-ledger-seq': '7' }, body: { id: policyId, reminded: 1 } }
const breakOff = { raw: (response: { destroy: () => void }) => response.destroy() }

// First in this file: later tests make this process trust the authority.
describe('certificates', () => {
  it('are verified: an unknown authority is refused, with what to do', async () => {
    const { code, stderr, waits } = await signedIn(['policy', 'list'], { env: { HOLDFAST_CA: '' } })
    expect(code).toBe(3)
    expect(stderr).toMatch(/is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\): give its authority with --ca FILE or HOLDFAST_CA/)
    expect(waits, 'no second attempt').toEqual([])
    expect(server.asked).toEqual([])
  })

  it('are verified against the authority that is given', async () => {
    const other = await startTestServer({})
    try {
      const { code, stderr } = await signedIn(['policy', 'list'], { env: { HOLDFAST_CA: other.ca } })
      expect(code).toBe(3)
      expect(stderr).toContain(`it is not of the authority in ${other.ca}`)
    } finally {
      await other.close()
    }
  })

  it('must be for the name that was asked', async () => {
    const url = server.url.replace('localhost', '127.0.0.1')
    const { code, stderr } = await signedIn(['policy', 'list', '--url', url, '--ca', server.ca])
    expect(code).toBe(3)
    expect(stderr).toContain('certificate for another name')
  })

  it('are trusted by --ca, HOLDFAST_CA, or the ca.pem of the installation on this machine', async () => {
    server.handlers['policy.list'] = () => ({ body: { rows: [], next: null } })
    expect(await signedIn(['policy', 'list', '--ca', server.ca], { env: { HOLDFAST_CA: '' } })).toMatchObject({ code: 0 })
    expect(await signedIn(['policy', 'list'])).toMatchObject({ code: 0 })
    expect(await signedIn(['policy', 'list'], { env: { HOLDFAST_CA: '', HOLDFAST_HOME: server.home } })).toMatchObject({
      code: 0,
    })
  })

  it.each([
    ['/no/such/ca.pem', 'ENOENT'],
    ['/dev/null', 'no PEM certificate'],
  ])('says why an authority cannot be used: %s', async (ca, why) => {
    const { code, stderr } = await signedIn(['policy', 'list', '--ca', ca])
    expect(code).toBe(2)
    expect(stderr).toContain(why)
  })
})

describe('addresses', () => {
  it.each(['http://localhost:8443', 'localhost:8443', 'ftp://x', 'https://x/path', 'https://a:b@x', 'nonsense'])(
    '%s is refused',
    async (url) => {
      const { code, stderr } = await signedIn(['policy', 'list', '--url', url])
      expect(code).toBe(2)
      expect(stderr).not.toContain('a:b')
    },
  )

  it('that nobody listens at are named', async () => {
    const closed = createServer().listen(0)
    const { port } = closed.address() as AddressInfo
    await new Promise((end) => closed.close(end))
    const { code, stderr, waits } = await signedIn(['policy', 'list', '--url', `https://localhost:${port}`])
    expect(code).toBe(3)
    expect(stderr).toBe(`holdfast: nothing listens at https://localhost:${port} (ECONNREFUSED); is Holdfast running there?\n`)
    expect(waits).toHaveLength(3)
  })

  it('with a redirect are refused: the key goes nowhere else', async () => {
    server.handlers['policy.list'] = () => ({ status: 307, headers: { location: 'https://elsewhere.example/' } })
    expect(await signedIn(['policy', 'list'])).toMatchObject({ code: 3 })
  })

  it('that answer something else than JSON are no Holdfast', async () => {
    server.handlers['policy.list'] = () => ({
      headers: { 'content-type': 'text/html' },
      raw: (response) => response.end('<html>'),
    })
    const { code, stderr } = await signedIn(['policy', 'list'])
    expect(code).toBe(3)
    expect(stderr).toContain('is it a Holdfast server?')
  })
})

describe('trying again', () => {
  it('repeats a command whose answer was lost, with the same idempotency key', async () => {
    server.handlers['policy.remind'] = (_, times) => (times < 3 ? breakOff : done)
    const { code, stderr, waits } = await signedIn(['policy', 'remind', '--id', policyId])
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Recorded as #7.\n' })
    expect(waits).toHaveLength(2)
    expect(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  it('waits as long as Retry-After says', async () => {
    server.handlers['policy.remind'] = (_, times) => (times === 1 ? problem('overloaded', 503, {}, { 'retry-after': '7' }) : done)
    const { code, waits, stderr } = await signedIn(['policy', 'remind', '--id', policyId], { interactive: true })
    expect({ code, waits }).toEqual({ code: 0, waits: [7000] })
    expect(stderr).toContain('Title of overloaded. Trying again in 7 s …')
  })

  it('waits for its own first attempt when that is still running', async () => {
    server.handlers['policy.remind'] = (_, times) =>
      times === 1 ? breakOff : times === 2 ? problem('idempotency_conflict', 409) : done
    expect(await signedIn(['policy', 'remind', '--id', policyId])).toMatchObject({ code: 0 })
  })

  it('gives up after four attempts: 3 means unavailable', async () => {
    server.handlers['policy.list'] = () => problem('overloaded', 503)
    const { code, waits, stderr } = await signedIn(['policy', 'list'])
    expect({ code, waits: waits.length, asked: server.asked.length }).toEqual({ code: 3, waits: 3, asked: 4 })
    expect(stderr).toContain('Title of overloaded. (overloaded, 503)')
  })

  it('does not wait longer than anybody would', async () => {
    server.handlers['policy.list'] = () => problem('rate_limited', 429, {}, { 'retry-after': '3600' })
    const { code, waits, stderr } = await signedIn(['policy', 'list'])
    expect({ code, waits }).toEqual({ code: 1, waits: [] })
    expect(stderr).toContain('Wait 3600 s.')
  })

  it.each([400, 403, 404, 409, 422, 500])('does not repeat what was refused with %i', async (status) => {
    server.handlers['policy.remind'] = () => problem('some_code', status)
    expect(await signedIn(['policy', 'remind', '--id', policyId])).toMatchObject({ code: 1, waits: [] })
    expect(server.asked).toHaveLength(1)
  })
})

describe('the key', () => {
  it('is not sent when there is none', async () => {
    server.handlers['setup.state'] = () => ({ body: { needed: true, demo: false } })
    await signedIn(['setup', 'state'], { env: { HOLDFAST_API_KEY: '' } })
    expect(server.asked[0]?.headers.authorization).toBeUndefined()
  })

  it('is refused before use when it is none, and not shown', async () => {
    const { code, stderr } = await signedIn(['policy', 'list'], { env: { HOLDFAST_API_KEY: 'hf_nearly\na-key' } })
    expect(code).toBe(2)
    expect(stderr).toContain('HOLDFAST_API_KEY')
    expect(stderr).not.toContain('nearly')
    expect(server.asked).toEqual([])
  })

  it('stays out of the output even with DEBUG', async () => {
    server.handlers['policy.list'] = () => breakOff
    const { stderr } = await signedIn(['policy', 'list'], { env: { DEBUG: '1' }, interactive: true })
    expect(stderr).not.toContain('ssss')
  })
})

it('a broken configuration file is named, not overwritten', async () => {
  const home = scratch()
  const { mkdirSync, readFileSync, writeFileSync } = await import('node:fs')
  mkdirSync(`${home}/holdfast`)
  writeFileSync(`${home}/holdfast/config.json`, '{"servers":')
  const { code, stderr } = await signedIn(['policy', 'list'], { env: { XDG_CONFIG_HOME: home } })
  expect(code).toBe(2)
  expect(stderr).toContain(`${home}/holdfast/config.json cannot be read`)
  expect(readFileSync(`${home}/holdfast/config.json`, 'utf8')).toBe('{"servers":')
})
