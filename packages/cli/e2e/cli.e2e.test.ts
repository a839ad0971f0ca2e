import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { operations, type Client } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { createBrowser, signInWithFactor } from './browser.ts'

const bin = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'holdfast-cli-e2e-'))
const at = (name: string) => join(directory, name)
const email = 'ada@example.org'
const password = 'correct horse battery staple of Ada'

let system: RunningSystem
let browser: Client

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}
interface Setting {
  stdin?: string
  env?: Record<string, string>
  /** Called with everything on stderr so far, whenever there is more; `stop` ends the command. */
  onStderr?: (text: string, stop: () => void) => void
}

/** The command as a person runs it: a process of its own, in another directory, with only what it needs in its environment. */
const holdfast = (argv: readonly string[], { stdin = '', env = {}, onStderr }: Setting = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const own = {
      PATH: dirname(process.execPath),
      XDG_CONFIG_HOME: at('config'),
      HOLDFAST_URL: system.url,
      HOLDFAST_CA: system.caFile,
    }
    const child = spawn(process.execPath, [bin, ...argv], { cwd: directory, env: { ...own, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      onStderr?.(stderr, () => child.kill())
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(stdin)
  })

const json = async <T>(argv: readonly string[], setting?: Setting): Promise<T> => {
  const { code, stdout, stderr } = await holdfast([...argv, '--json'], setting)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as T
}

beforeAll(async () => {
  system = await startSystem()
  browser = createBrowser(system.url, system.ca)
})
afterAll(async () => {
  await system?.remove()
  rmSync(directory, { recursive: true, force: true })
})

describe('the command line against a running system', () => {
  it('sets the installation up, with its secrets from files', async () => {
    expect(await json(['setup', 'state'])).toMatchObject({ needed: true })
    writeFileSync(at('token'), new URL(system.setupLink ?? '').hash.slice(1))
    writeFileSync(at('password'), `${password}\n`)
    const who = ['--organisation', 'Acme', '--name', 'Ada Lovelace', '--email', email]
    const { code, stderr } = await holdfast(['setup', 'complete', ...who, '--token', '@token', '--password', '@password'])
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Recorded as #\d+\.\n$/) as string })
    expect(await json(['setup', 'state'])).toMatchObject({ needed: false })
  })

  it('is refused, with what to do, while nobody is signed in', async () => {
    const { code, stdout, stderr } = await holdfast(['policy', 'list'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('(unauthenticated, 401)')
    expect(stderr).toContain('Run `holdfast login`')
  })

  it('signs in by a key that the browser authorises without ever seeing its secret', async () => {
    await signInWithFactor(browser, email, password)
    const authorising: Promise<unknown>[] = []
    const outcome = await holdfast(['login', '--name', 'Ada’s laptop'], {
      onStderr: (text, stop) => {
        const link = /https:\S+\/cli-login#\S+\n/.exec(text)?.[0].trim()
        if (!link || authorising.length > 0) return
        const [id = '', secretHash = '', name = ''] = new URL(link).hash.slice(1).split('.')
        const input = { id, secretHash, name: decodeURIComponent(name), role: 'owner', days: 7 } as const
        const accepting = browser.call(operations.apiKey.authorise, operations.apiKey.authorise.input.parse(input))
        accepting.catch(stop)
        authorising.push(accepting)
      },
    })
    await Promise.all(authorising)
    expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('as Ada Lovelace, owner of Acme.') as string })
    expect(statSync(at('config/holdfast/config.json')).mode & 0o777).toBe(0o600)
    const { stdout } = await holdfast(['whoami'])
    expect(stdout).toContain(`Ada Lovelace <${email}>`)
  })

  it('takes another key from its environment, whose role is the weaker one', async () => {
    const { value } = await browser.call(operations.apiKey.create, { name: 'Viewer', role: 'viewer', days: 1 })
    const env = { HOLDFAST_API_KEY: value.key, XDG_CONFIG_HOME: at('other') }
    expect(await json(['whoami'], { env })).toMatchObject({ organisation: { role: 'viewer' } })
    const refused = await holdfast(['policy', 'create', '--title', 'No', '--content', 'No'], { env })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('You need policy:write (Owner, Admin, Reviewer or Member).')
    expect(refused.stdout + refused.stderr).not.toContain(value.key.split('.')[1])
  })

  it('writes a policy, hands it over, and is refused to approve its own', async () => {
    const content = '# Access control\n\nEverybody has a key of their own.\n'
    const created = await json<{ id: string; policyId: string; sha256: string }>(
      ['policy', 'create', '--title', 'Access control', '--content', '-', '--promises', 'C1', '--promises', 'C2'],
      { stdin: content },
    )
    expect((await holdfast(['policy', 'submit', '--id', created.id])).code).toBe(0)
    const own = await holdfast(['policy', 'approve', '--id', created.id, '--sha256', created.sha256])
    expect(own).toMatchObject({ code: 1, stderr: expect.stringContaining('(own_version, 403)') as string })
    expect(await holdfast(['policy', 'content', '--id', created.id, '--out', 'policy.md'])).toMatchObject({ code: 0 })
    expect(readFileSync(at('policy.md'), 'utf8')).toBe(content)
    expect((await holdfast(['policy', 'list'])).stdout).toContain('Access control')
  })

  it('follows a list to its end', async () => {
    const { size } = await json<{ size: number }>(['ledger', 'head'])
    const { rows, next } = await json<{ rows: { seq: number }[]; next: null }>(['ledger', 'list', '--all', '--limit', '3'])
    expect(next).toBeNull()
    expect(rows.length).toBeGreaterThanOrEqual(size)
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => rows.length - 1 - index))
  })

  it('begins a review of access, and hands it to the auditor as a file that only its owner reads', async () => {
    const { id } = await json<{ id: string }>(['access-review', 'begin'])
    const state = async () => (await json<{ state: string }>(['access-review', 'read', '--id', id])).state
    await expect.poll(state, { timeout: 20_000, interval: 500 }).toBe('open')
    const { rows } = await json<{ rows: object[] }>(['access-review', 'items', '--id', id, '--kind', 'member'])
    expect(rows).toMatchObject([{ kind: 'member', holder: 'Ada Lovelace', proposal: 'keep' }])
    expect(await holdfast(['access-review', 'export-csv', '--id', id, '--out', 'review.csv'])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: 'Wrote review.csv.\n' },
    })
    expect(statSync(at('review.csv')).mode & 0o777).toBe(0o600)
    expect(readFileSync(at('review.csv'), 'utf8')).toContain('"Ada Lovelace"')
    const { stdout } = await holdfast(['access-review', 'export-json', '--id', id])
    expect(JSON.parse(stdout)).toMatchObject({ review: { id, state: 'open' } })
    const refused = await holdfast(['access-review', 'export-csv', '--id', `ar_${'0'.repeat(26)}`, '--out', 'none.csv'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('(review_not_found, 404)') as string })
    expect(() => statSync(at('none.csv'))).toThrow(/ENOENT/)
  })

  it('exports the ledger, and verifies it without network or credentials', async () => {
    expect(await holdfast(['ledger', 'export', '--out', 'ledger.jsonl'])).toMatchObject({ code: 0, stdout: '' })
    const alone = { HOLDFAST_URL: 'https://localhost:1', HOLDFAST_CA: '', XDG_CONFIG_HOME: at('nobody') }
    const { code, stdout } = await holdfast(['ledger', 'verify', 'ledger.jsonl'], { env: alone })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^OK/)
    expect(await holdfast(['ledger', 'verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('by the server itself') as string,
    })
  })

  it('finds one changed byte in the file', async () => {
    const text = readFileSync(at('ledger.jsonl'), 'utf8')
    writeFileSync(at('forged.jsonl'), text.replace('organisation.created', 'organisation.creatod'))
    const { code, stdout } = await holdfast(['ledger', 'verify', 'forged.jsonl'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^BROKEN at entry \d+ \(body_changed\)/)
  })

  it('finds what the owner of the database changed, here and on the server', async () => {
    const database = await system.database()
    try {
      await database.query('alter table ledger disable trigger all')
      const changed = `update ledger set body = replace(body, 'organisation.created', 'organisation.creatod') where body like '%"organisation.created"%' returning seq`
      const { rows } = await database.query<{ seq: string }>(changed)
      const seq = rows[0]?.seq ?? 'none'
      expect(await holdfast(['ledger', 'export', '--out', 'tampered.jsonl'])).toMatchObject({ code: 0 })
      for (const argv of [['tampered.jsonl'], []]) {
        const { code, stdout } = await holdfast(['ledger', 'verify', ...argv])
        expect(code).toBe(1)
        expect(stdout).toContain(`BROKEN at entry ${seq} (body_changed)`)
      }
    } finally {
      await database.end()
    }
  })

  it('signs out: the key is dead at once', async () => {
    const { servers } = JSON.parse(readFileSync(at('config/holdfast/config.json'), 'utf8')) as {
      servers: Record<string, { key: string }>
    }
    const key = servers[system.url]?.key ?? ''
    expect(key).toMatch(/^hf_ak_/)
    expect(await holdfast(['logout'])).toMatchObject({ code: 0, stderr: expect.stringContaining('the key is revoked') as string })
    const { code, stderr } = await holdfast(['whoami'], { env: { HOLDFAST_API_KEY: key } })
    expect(code).toBe(1)
    expect(stderr).toContain('(unauthenticated, 401)')
  })

  it('ends with 3 when the server is not there', async () => {
    await system.stop()
    const { code, stderr } = await holdfast(['setup', 'state'])
    expect(code).toBe(3)
    expect(stderr).toContain('ECONNREFUSED')
  })
})
