import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdfast, scratch } from './terminal.ts'
import { problem, startTestServer, type TestServer } from './test-server.ts'

const policyId = 'po_01j9zq4w7e8r9t0v1x2y3z4a5b'
const versionId = 'pv_01j9zq4w7e8r9t0v1x2y3z4a5b'
const recorded = { 'holdfast-ledger-seq': '4821' }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({})
})
beforeEach(() => {
  server.asked.length = 0
  for (const name of Object.keys(server.handlers)) delete server.handlers[name]
})
afterAll(() => server.close())

const signedIn = (argv: readonly string[], setting: Parameters<typeof holdfast>[1] = {}) =>
  holdfast(argv, { ...setting, env: { ...server.env, ...setting.env } })

describe('a command', () => {
  it('sends its options, says what was recorded and prints the answer', async () => {
    server.handlers['policy.remind'] = () => ({ headers: recorded, body: { id: policyId, reminded: 3 } })
    const { code, stdout, stderr } = await signedIn(['policy', 'remind', '--id', policyId])
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `id        ${policyId}\nreminded  3\n`,
      stderr: 'Recorded as #4821.\n',
    })
    expect(server.asked[0]).toMatchObject({
      operation: 'policy.remind',
      input: { id: policyId },
      headers: { authorization: `Bearer ${server.env.HOLDFAST_API_KEY}`, 'user-agent': 'holdfast-cli' },
    })
    expect(server.asked[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('prints exactly the answer as JSON, and nothing else on stdout', async () => {
    const body = { id: policyId, reminded: 3, more: { nested: [1, null, '\u001b'] } }
    server.handlers['policy.remind'] = () => ({ headers: recorded, body })
    const { stdout } = await signedIn(['policy', 'remind', '--id', policyId, '--json'])
    expect(JSON.parse(stdout)).toEqual(body)
  })

  it('takes numbers, booleans, lists and choices', async () => {
    server.handlers['policy.create'] = () => ({ headers: recorded, body: {} })
    server.handlers['policy.update'] = () => ({ headers: recorded, body: {} })
    const title = ['--title', 'Access']
    const promises = ['--promises', 'C1', '--promises', 'C2']
    await signedIn(['policy', 'create', ...title, '--content', '# Access', '--review-every-days', '90', ...promises])
    await signedIn(['policy', 'update', '--id', policyId, '--no-required-at-once'])
    expect(server.asked.map(({ input }) => input)).toEqual([
      { title: 'Access', content: '# Access', reviewEveryDays: 90, promises: ['C1', 'C2'] },
      { id: policyId, requiredAtOnce: false },
    ])
  })

  it('uses another idempotency key each time', async () => {
    server.handlers['policy.remind'] = () => ({ headers: recorded, body: {} })
    await signedIn(['policy', 'remind', '--id', policyId])
    await signedIn(['policy', 'remind', '--id', policyId])
    expect(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
  })
})

describe('input', () => {
  const directory = scratch()
  const file = (name: string, content: string | Buffer): string => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, name), content)
    return join(directory, name)
  }
  const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from([0xff, 0xfe, 0x00, 0x80])])

  beforeEach(() => {
    for (const name of ['policy.create', 'policy.editDraft']) server.handlers[name] = () => ({ headers: recorded, body: {} })
    for (const name of ['invitation.preview']) server.handlers[name] = () => ({ body: {} })
  })

  it('reads a document from a file or from stdin', async () => {
    await signedIn(['policy', 'create', '--title', 'A', '--content', `@${file('a.md', '# Ä\n')}`])
    await signedIn(['policy', 'create', '--title', 'B', '--content', '-'], { stdin: '# B\n' })
    expect(server.asked.map(({ input }) => input.content)).toEqual(['# Ä\n', '# B\n'])
  })

  it('sends a PDF as base64 with its format, and without one where the operation has none', async () => {
    const path = file('a.pdf', pdf)
    await signedIn(['policy', 'create', '--title', 'A', '--content', `@${path}`])
    await signedIn(['policy', 'edit-draft', '--id', versionId, '--content', `@${path}`])
    expect(server.asked.map(({ input }) => input)).toEqual([
      { title: 'A', format: 'pdf', content: pdf.toString('base64') },
      { id: versionId, content: pdf.toString('base64') },
    ])
  })

  it('refuses a PDF that is called Markdown, and what is neither', async () => {
    const lie = await signedIn([
      'policy',
      'create',
      '--title',
      'A',
      '--format',
      'markdown',
      '--content',
      `@${file('b.pdf', pdf)}`,
    ])
    expect(lie).toMatchObject({ code: 2, stderr: expect.stringContaining('is a PDF') as string })
    const noise = await signedIn([
      'policy',
      'create',
      '--title',
      'A',
      '--content',
      `@${file('noise', Buffer.from([0xff, 0xfe]))}`,
    ])
    expect(noise).toMatchObject({ code: 2, stderr: expect.stringContaining('neither UTF-8 text nor a PDF') as string })
    expect(server.asked).toEqual([])
  })

  it('takes the whole input as JSON, from a file or stdin; options go first', async () => {
    await signedIn(['policy', 'create', '--input', file('in.json', '{"title":"A","content":"x"}'), '--title', 'B'])
    await signedIn(['policy', 'create', '--input', '-'], { stdin: '{"title":"C","content":"y"}' })
    expect(server.asked.map(({ input }) => input)).toEqual([
      { title: 'B', content: 'x' },
      { title: 'C', content: 'y' },
    ])
  })

  it.each([
    ['no JSON', '{', 'is not JSON'],
    ['a list', '[]', 'takes a JSON object'],
    ['an unknown field', '{"titel":"A","content":"x"}', 'no field titel'],
    ['a wrong type', '{"title":1,"content":"x"}', '--title: '],
  ])('refuses --input with %s before anything is sent', async (_, text, sentence) => {
    const { code, stderr } = await signedIn(['policy', 'create', '--input', '-'], { stdin: text })
    expect(code).toBe(2)
    expect(stderr).toContain(sentence)
    expect(server.asked).toEqual([])
  })

  it('refuses a secret on the command line without repeating it, and takes it from a file or stdin', async () => {
    const token = 'secret-link-token-of-somebody'
    const open = await signedIn(['invitation', 'preview', '--token', token])
    expect(open.code).toBe(2)
    expect(open.stderr).toContain('can be read by others')
    expect(open.stderr).not.toContain(token)
    await signedIn(['invitation', 'preview', '--token', '-'], { stdin: `${token}\n` })
    await signedIn(['invitation', 'preview', '--token', `@${file('token', token)}`])
    expect(server.asked.map(({ input }) => input.token)).toEqual([token, token])
  })

  it('never repeats a secret that is not valid', async () => {
    const { code, stderr } = await signedIn(['invitation', 'preview', '--token', '-'], { stdin: 'too-short-secret' })
    expect(code).toBe(2)
    expect(stderr).toContain('--token')
    expect(stderr).not.toContain('too-short-secret')
  })

  it('names what is missing and what cannot be read', async () => {
    expect((await signedIn(['policy', 'create'])).stderr).toBe('holdfast: missing --title, --content\n')
    expect(await signedIn(['policy', 'create', '--title', 'A', '--content', '@/no/such/file'])).toMatchObject({
      code: 2,
      stderr: 'holdfast: cannot read /no/such/file: there is no such file or directory (ENOENT)\n',
    })
  })

  it('says in words what a value may be', async () => {
    const create = (title: string, ...more: string[]) =>
      signedIn(['policy', 'create', '--title', title, '--content', 'x', ...more])
    const said = async (asked: Promise<{ stderr: string }>) => (await asked).stderr.split('\n')[1]?.trim()
    expect(await said(create(''))).toBe('--title: may not be empty')
    expect(await said(create('a'.repeat(201)))).toBe('--title: at most 200 characters')
    expect(await said(create('A', '--review-every-days', '0'))).toBe('--review-every-days: at least 1')
    expect(await said(create('A', '--promises', 'ZZ'))).toBe('--promises: a promise, as C1 is one')
    expect(await said(signedIn(['invitation', 'create', '--email', 'ada', '--role', 'viewer']))).toBe(
      '--email: an e-mail address, such as ada@example.org',
    )
  })
})

describe('a list', () => {
  const row = (number: number) => ({ id: `po_${number}`, title: `Policy ${number}` })

  it('is a table, with a remark when there is more', async () => {
    server.handlers['policy.list'] = () => ({ body: { rows: [row(1), row(2)], next: 'c2' } })
    const { stdout, stderr } = await signedIn(['policy', 'list', '--limit', '2', '--search', 'a b'])
    expect(stdout).toBe('id    title\npo_1  Policy 1\npo_2  Policy 2\n')
    expect(stderr).toBe('There is more: --after c2, or --all.\n')
    expect(server.asked[0]?.input).toEqual({ limit: '2', search: 'a b' })
  })

  it('is followed to its end with --all', async () => {
    server.handlers['policy.list'] = (_, times) => ({ body: { rows: [row(times)], next: times < 3 ? `c${times}` : null } })
    const { stdout, stderr } = await signedIn(['policy', 'list', '--all', '--json'])
    expect(JSON.parse(stdout)).toEqual({ rows: [row(1), row(2), row(3)], next: null })
    expect(stderr).toBe('')
    expect(server.asked.map(({ input }) => input.after)).toEqual([undefined, 'c1', 'c2'])
  })

  it('ends when the server repeats a cursor', async () => {
    server.handlers['policy.list'] = () => ({ body: { rows: [row(1)], next: 'same' } })
    const { code, stdout, stderr } = await signedIn(['policy', 'list', '--all'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('repeats a page')
  })

  it('obeys no terminal escapes of strangers', async () => {
    server.handlers['policy.list'] = () => ({ body: { rows: [{ title: '\u001b]0;owned\u0007' }], next: null } })
    expect((await signedIn(['policy', 'list'])).stdout).toBe('title\n\\u001b]0;owned\\u0007\n')
  })
})

describe('policy content --out', () => {
  it.each([
    ['markdown', '# A', Buffer.from('# A')],
    ['pdf', Buffer.from('%PDF-1.7').toString('base64'), Buffer.from('%PDF-1.7')],
  ])('writes %s as what it is', async (format, content, expected) => {
    server.handlers['policy.content'] = () => ({ body: { version: { format }, content } })
    const out = join(scratch(), 'content')
    expect(await signedIn(['policy', 'content', '--id', versionId, '--out', out])).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(out)).toEqual(expected)
  })

  it('says in a sentence where it cannot be written', async () => {
    server.handlers['policy.content'] = () => ({ body: { version: { format: 'markdown' }, content: '# A' } })
    const out = scratch()
    expect(await signedIn(['policy', 'content', '--id', versionId, '--out', out])).toMatchObject({
      code: 1,
      stderr: `holdfast: cannot write ${out}: it is a directory (EISDIR)\n`,
    })
  })
})

describe('a refusal', () => {
  it('says what happened, what to do, and which request it was', async () => {
    server.handlers['policy.publish'] = () => problem('forbidden', 403, { permission: 'policy:publish' })
    const { code, stdout, stderr } = await signedIn(['policy', 'publish', '--id', versionId])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      'holdfast: Title of forbidden. (forbidden, 403)\n  You need policy:publish (owner, admin).\n  Request req_7\n',
    )
  })

  it('says once what is missing where the server has said it', async () => {
    const detail = 'You need policy:publish (Owner or Admin).'
    server.handlers['policy.publish'] = () => problem('forbidden', 403, { permission: 'policy:publish', detail })
    const { stderr } = await signedIn(['policy', 'publish', '--id', versionId])
    expect(stderr).toBe(`holdfast: ${detail} (forbidden, 403)\n  Request req_7\n`)
  })

  it('names each field that is not valid by its option', async () => {
    const errors = [{ path: 'reviewEveryDays', message: 'too large' }]
    server.handlers['policy.update'] = () => problem('invalid_input', 400, { errors })
    const { code, stderr } = await signedIn(['policy', 'update', '--id', policyId])
    expect(code).toBe(1)
    expect(stderr).toContain('  --review-every-days: too large\n')
  })

  it('shows the declared code and detail', async () => {
    server.handlers['policy.approve'] = () => problem('own_version', 403, { detail: 'You wrote this version.' })
    const { code, stderr } = await signedIn(['policy', 'approve', '--id', versionId, '--sha256', 'a'.repeat(64)])
    expect({ code, first: stderr.split('\n')[0] }).toEqual({
      code: 1,
      first: 'holdfast: You wrote this version. (own_version, 403)',
    })
  })

  it('tells who is not signed in what to do, and never shows the key', async () => {
    server.handlers['policy.list'] = () => problem('unauthenticated', 401)
    const { code, stderr } = await signedIn(['policy', 'list'])
    expect(code).toBe(1)
    expect(stderr).toContain('holdfast login')
    expect(stderr).not.toContain('sssss')
  })
})
