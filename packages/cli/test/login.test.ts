import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApiKey, parseApiKey } from '@holdfast/crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdfast, scratch, type Setting } from './terminal.ts'
import { problem, startTestServer, type TestServer } from './test-server.ts'

const current = {
  id: null,
  next: 'done',
  person: { id: 'pe_1', name: 'Ada', email: 'ada@example.org' },
  organisation: { id: '0197f2a0-0000-7000-8000-00000000000a', name: 'Acme', role: 'admin', operator: false },
}

let server: TestServer
let home: string
/** The secret hashes that the server accepts. */
const accepted = new Set<string>()

beforeAll(async () => {
  server = await startTestServer({})
})
beforeEach(() => {
  home = scratch()
  accepted.clear()
  server.asked.length = 0
  server.handlers['session.current'] = ({ headers }) => {
    const hash = parseApiKey((headers.authorization ?? '').replace('Bearer ', ''))?.secretHash.toString('hex')
    return hash && accepted.has(hash) ? { body: current } : problem('unauthenticated', 401)
  }
})
afterAll(() => server.close())

const config = () =>
  JSON.parse(readFileSync(join(home, 'holdfast', 'config.json'), 'utf8')) as {
    current?: string
    servers: Record<string, { key: string }>
  }
/** Signed in by nothing but the configuration file. */
const cli = (argv: readonly string[], setting: Setting = {}) =>
  holdfast(argv, { ...setting, env: { XDG_CONFIG_HOME: home, ...setting.env } })
const place = () => ['--url', server.url, '--ca', server.ca]

const loginByKey = async () => {
  const { key, secretHash } = createApiKey('ak_01j9zq4w7e8r9t0v1x2y3z4a5b')
  accepted.add(secretHash.toString('hex'))
  const outcome = await cli(['login', ...place(), '--api-key', '-'], { stdin: `${key}\n` })
  return { key, outcome }
}

describe('login --api-key', () => {
  it('keeps a key that works, readable by its owner only', async () => {
    const { key, outcome } = await loginByKey()
    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toContain(`Signed in to ${server.url} as Ada, admin of Acme.`)
    expect(outcome.stderr + outcome.stdout).not.toContain(key)
    expect(config()).toEqual({ current: server.url, servers: { [server.url]: { key, ca: server.ca, made: false } } })
    expect(statSync(join(home, 'holdfast', 'config.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(home, 'holdfast')).mode & 0o777).toBe(0o700)
  })

  it('narrows the rights of a configuration that was open', async () => {
    mkdirSync(join(home, 'holdfast'), { mode: 0o755 })
    writeFileSync(join(home, 'holdfast', 'config.json'), '{}', { mode: 0o644 })
    await loginByKey()
    expect(statSync(join(home, 'holdfast', 'config.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(home, 'holdfast')).mode & 0o777).toBe(0o700)
  })

  it('is found again by the next command, authority included', async () => {
    const { key } = await loginByKey()
    server.handlers['policy.list'] = () => ({ body: { rows: [], next: null } })
    expect(await cli(['policy', 'list'])).toMatchObject({ code: 0 })
    expect(server.asked.at(-1)?.headers.authorization).toBe(`Bearer ${key}`)
  })

  it('is not sent to another server', async () => {
    await loginByKey()
    const other = await startTestServer({ 'policy.list': () => ({ body: { rows: [], next: null } }) })
    try {
      await cli(['policy', 'list', '--url', other.url, '--ca', other.ca])
      expect(other.asked[0]?.headers.authorization).toBeUndefined()
    } finally {
      await other.close()
    }
  })

  it('keeps nothing that does not work', async () => {
    const { key } = createApiKey('ak_01j9zq4w7e8r9t0v1x2y3z4a5b')
    const { code, stderr } = await cli(['login', ...place(), '--api-key', '-'], { stdin: key })
    expect(code).toBe(1)
    expect(stderr).not.toContain(key)
    expect(() => config()).toThrow('ENOENT')
  })

  it('refuses a key on the command line and text that is no key, and shows neither', async () => {
    const { key } = createApiKey('ak_1')
    const open = await cli(['login', ...place(), '--api-key', key])
    expect(open.code).toBe(2)
    expect(open.stderr).not.toContain(key)
    const wrong = await cli(['login', ...place(), '--api-key', '-'], { stdin: 'a password perhaps' })
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).not.toContain('perhaps')
  })
})

describe('login by browser', () => {
  /** What somebody with a browser would see and accept. */
  const linkIn = (stderr: string) => /(https:\S+\/cli-login#\S+)/.exec(stderr)?.[1] ?? ''

  it('opens the page for a person, waits five minutes, and keeps nothing that nobody accepted', async () => {
    const outcome = await cli(['login', ...place()], { interactive: true })
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain('nobody authorised the key within five minutes')
    expect(outcome.waits).toEqual(Array.from({ length: 150 }, () => 2000))
    expect(outcome.opened).toEqual([linkIn(outcome.stderr)])
    expect(() => config()).toThrow('ENOENT')
  })

  it('keeps the key once it is accepted', async () => {
    server.handlers['session.current'] = (_, times) => (times < 3 ? problem('unauthenticated', 401) : { body: current })
    const outcome = await cli(['login', ...place(), '--name', 'Ada’s laptop', '--no-browser'])
    expect(outcome).toMatchObject({ code: 0, opened: [], waits: [2000, 2000, 2000] })

    const link = new URL(linkIn(outcome.stderr))
    const [id = '', hash = '', name = ''] = link.hash.slice(1).split('.')
    expect(link.origin + link.pathname + link.search).toBe(`${server.url}/cli-login`)
    expect(id).toMatch(/^ak_[0-9a-hjkmnp-tv-z]{26}$/)
    expect(decodeURIComponent(name)).toBe('Ada’s laptop')
    expect(outcome.stderr).toContain(`Fingerprint  ${hash.slice(0, 4)}-${hash.slice(4, 8)}`)

    const { key } = config().servers[server.url] ?? { key: '' }
    expect(parseApiKey(key)).toEqual({ id, secretHash: Buffer.from(hash, 'hex') })
    expect(outcome.stderr + outcome.stdout, 'the secret stays').not.toContain(key.split('.')[1])
    expect(server.asked.every(({ headers }) => headers.authorization === `Bearer ${key}`)).toBe(true)
  })

  it('ends at another refusal than "not yet"', async () => {
    server.handlers['session.current'] = () => problem('mfa_required', 403)
    expect(await cli(['login', ...place(), '--no-browser'])).toMatchObject({ code: 1, waits: [2000] })
  })
})

describe('logout', () => {
  it('revokes a key that login made, and forgets it', async () => {
    server.handlers['session.current'] = () => ({ body: current })
    await cli(['login', ...place(), '--no-browser'])
    const { key } = config().servers[server.url] ?? { key: '' }
    server.handlers['apiKey.revoke'] = ({ input }) => ({ headers: { 'holdfast-ledger-seq': '9' }, body: { id: input.id } })
    const { code, stderr } = await cli(['logout'])
    expect(code).toBe(0)
    expect(stderr).toContain('the key is revoked. Recorded as #9.')
    expect(server.asked.at(-1)).toMatchObject({ operation: 'apiKey.revoke', input: { id: parseApiKey(key)?.id } })
    expect(config()).toEqual({ servers: {} })
  })

  it('only forgets a key that was brought along', async () => {
    await loginByKey()
    const { code, stderr } = await cli(['logout'])
    expect(code).toBe(0)
    expect(stderr).toContain('It is still valid')
    expect(server.asked.some(({ operation }) => operation === 'apiKey.revoke')).toBe(false)
    expect(config()).toEqual({ servers: {} })
  })

  it('forgets first: a server that is gone keeps nobody signed in', async () => {
    server.handlers['session.current'] = () => ({ body: current })
    await cli(['login', ...place(), '--no-browser'])
    server.handlers['apiKey.revoke'] = () => problem('overloaded', 503)
    const { code, stderr } = await cli(['logout'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/could not be revoked; revoke ak_\w+ in the console/)
    expect(config()).toEqual({ servers: {} })
  })

  it('says when nobody is signed in', async () => {
    expect(await cli(['logout', ...place()])).toMatchObject({
      code: 1,
      stderr: `holdfast: nobody is signed in to ${server.url}\n`,
    })
  })
})

describe('whoami', () => {
  it('names server, person, role and organisation', async () => {
    await loginByKey()
    expect((await cli(['whoami'])).stdout).toBe(
      [
        `server        ${server.url}`,
        'person        Ada <ada@example.org>',
        'role          admin',
        'organisation  Acme (0197f2a0-0000-7000-8000-00000000000a)',
        '',
      ].join('\n'),
    )
    expect(JSON.parse((await cli(['whoami', '--json'])).stdout)).toEqual(current)
  })
})
