/** Every kind of bad input gets a problem (RFC 9457) of its own, and nothing is written. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Problem } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWithOwner, storedIn, type Answer, type Asked, type Started } from './started.ts'

let started: Started
beforeAll(async () => {
  started = await startWithOwner()
})
afterAll(() => started?.stop())

const policy = { title: 'Access control', content: '# Access\n\nLeast privilege.' }
const asKey = (body: unknown, headers: Record<string, string> = {}): Asked => ({ headers: { ...started.key, ...headers }, body })

/** The code of the problem; fails when the answer is none, or shows anything of our inside. */
const codeOf = ({ status, headers, text }: Answer): string => {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(text).not.toMatch(/node_modules|\.ts:\d|at async|postgres|select |insert |stack/i)
  const problem = Problem.strict().parse(JSON.parse(text))
  expect(problem.status).toBe(status)
  expect(problem.type).toBe(`/problems#${problem.code}`)
  return `${status} ${problem.code}`
}

const refused = async (method: string, path: string, asked: Asked): Promise<string> => {
  const before = await storedIn(started.database)
  const answer = await started.ask(method, `/api/v1${path}`, asked)
  expect(await storedIn(started.database)).toEqual(before)
  return codeOf(answer)
}

describe('bodies', () => {
  const bodies: [string, unknown, string][] = [
    ['half a JSON text', '{"title":"Acc', '400 malformed_json'],
    ['no JSON at all', 'title=Access', '400 malformed_json'],
    ['nothing', '', '400 malformed_json'],
    ['a list', [policy], '400 invalid_input'],
    ['a number', '7', '400 invalid_input'],
    ['null', 'null', '400 invalid_input'],
    ['a field of another type', { ...policy, title: { $ne: null } }, '400 invalid_input'],
    ['a number out of range', { ...policy, reviewEveryDays: 1e308 }, '400 invalid_input'],
    ['a missing field', { title: 'Access' }, '400 invalid_input'],
    ['a title that is too long', { ...policy, title: 'a'.repeat(201) }, '400 invalid_input'],
    ['a NUL in a title', { ...policy, title: 'Acc\u0000ess' }, '400 invalid_input'],
    ['a body that would replace prototypes', '{"__proto__":{"role":"owner"},"title":"a","content":"b"}', '400 malformed_json'],
    ['the same by a constructor', '{"constructor":{"prototype":{"x":1}},"title":"a","content":"b"}', '400 malformed_json'],
    ['JSON nested to death', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, '400 invalid_input'],
  ]
  test.each(bodies)('%s', async (_, body, code) => {
    expect(await refused('POST', '/policies', asKey(body))).toBe(code)
  })

  test('one larger than the operation takes', async () => {
    expect(await refused('POST', '/organisation', asKey({ name: 'a'.repeat(70_000) }))).toBe('413 body_too_large')
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'one that says %s',
    async (type) => {
      expect(await refused('POST', '/policies', asKey(policy, { 'content-type': type }))).toBe('415 unsupported_media_type')
    },
  )

  test('prototypes stay as they were', async () => {
    const health = await started.ask('GET', '/api/v1/organisation', { headers: started.key })
    expect(health.status).toBe(200)
    expect(health.text).not.toContain('"x":1')
  })
})

describe('addresses and queries', () => {
  const get = (path: string): Promise<string> => refused('GET', path, { headers: started.key })
  const addresses: [string, string, string][] = [
    ['an unknown route', '/nothing', '404 route_not_found'],
    ['an id of another kind', '/policies/pe_01m841fb3rf609mnm1nq5y13xf', '400 invalid_input'],
    ['an id with a NUL', '/policies/%00', '400 invalid_input'],
    ['an id that climbs', '/policies/..%2f..%2fetc', '400 invalid_input'],
    ['an id longer than any', `/policies/${'a'.repeat(300)}`, '404 route_not_found'],
    ['an escape that is none', '/policies/%zz', '400 malformed_request'],
    ['an id nobody has', '/policies/po_01m841fb3rf609mnm1nq5y13xf', '404 policy_not_found'],
    ['a limit of zero', '/policies?limit=0', '400 invalid_input'],
    ['a limit beyond the largest', '/policies?limit=101', '400 invalid_input'],
    ['a limit given twice', '/policies?limit=1&limit=2', '400 invalid_input'],
    ['a search given twice', '/policies?search=a&search=b', '400 invalid_input'],
    ['a search with a NUL', '/policies?search=%00', '400 invalid_input'],
    ['a cursor given twice', '/policies?after=a&after=b', '400 invalid_input'],
    ['a cursor that is none', "/policies?after=' or 1=1 --".replaceAll(' ', '%20'), '400 invalid_input'],
    ['the cursor of another list', '/members?after=po_01m841fb3rf609mnm1nq5y13xf', '400 invalid_input'],
    ['a cursor of the ledger that is no number', '/ledger?after=abc', '400 invalid_input'],
  ]
  test.each(addresses)('%s', async (_, path, code) => {
    expect(await get(path)).toBe(code)
  })

  test('a hostile id keeps nothing out of the access log', async () => {
    await get('/policies/%00')
    await expect
      .poll(
        async () =>
          (await started.database.query(`select 1 from access_log where target = '?' and outcome = 'refused:invalid_input'`))
            .rowCount,
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0)
  })
})

describe('organisations, people and links that are not', () => {
  test('an organisation that does not exist, and one that is not ours', async () => {
    const body = { orgId: '01890000-0000-7000-8000-000000000000' }
    expect(await refused('POST', '/session/switch-organisation', { headers: started.browser, body })).toBe(
      '404 organisation_not_found',
    )
    expect(
      await refused('POST', '/session/switch-organisation', { headers: started.browser, body: { orgId: 'northwind' } }),
    ).toBe('400 invalid_input')
  })

  test('a key that nobody made, and one that is none', async () => {
    for (const authorization of ['Bearer hf_ak_01m841fb3rf609mnm1nq5y13xf.AAAA', 'Bearer', 'Basic b2xnYTpw', 'Bearer a b'])
      expect(await refused('GET', '/policies', { headers: { authorization } })).toBe('401 unauthenticated')
  })

  test('an unknown link, and a link past its day', async () => {
    const token = randomBytes(32).toString('base64url')
    const accept = (): Promise<string> =>
      refused('POST', '/invitations/accept', {
        headers: started.browser,
        body: { token, name: 'Rita', password: 'eleven quiet harbours' },
      })
    expect(await accept()).toBe('410 link_invalid')
    const created = await started.ask('POST', '/api/v1/invitations', {
      headers: started.browser,
      body: { email: 'rita@example.test', role: 'reviewer' },
    })
    expect(created.status).toBe(200)
    const hash = createHash('sha256').update(token).digest()
    // Even the database's owner is refused a change that no entry records, unless every trigger is off.
    await started.database.query(`set session_replication_role = replica`)
    await started.database.query(`update invitation set token_hash = $1, expires_at = now() - interval '1 minute'`, [hash])
    await started.database.query(`set session_replication_role = default`)
    expect(await accept()).toBe('410 link_invalid')
    const reset = { token: randomBytes(32).toString('base64url'), password: 'eleven quiet harbours' }
    expect(await refused('POST', '/account/reset-password', { headers: started.browser, body: reset })).toBe('410 link_invalid')
  })

  test('setting up a second time', async () => {
    const body = {
      token: 'x'.repeat(43),
      organisation: 'Evil',
      name: 'E',
      email: 'e@example.test',
      password: 'a long enough one',
    }
    expect(await refused('POST', '/setup', { headers: started.browser, body })).toBe('409 setup_already_done')
  })
})

describe('idempotency keys', () => {
  test.each(['a b', 'ü', 'a'.repeat(101), ''])('%s is none', async (key) => {
    expect(await refused('POST', '/policies', asKey(policy, { 'idempotency-key': key }))).toBe('400 invalid_input')
  })

  test('the same request again gets the same answer and writes nothing more; another one is refused', async () => {
    const key = { 'idempotency-key': randomUUID() }
    const first = await started.ask('POST', '/api/v1/policies', asKey(policy, key))
    expect(first.status).toBe(200)
    const before = await storedIn(started.database)
    const second = await started.ask('POST', '/api/v1/policies', asKey(policy, key))
    expect({ status: second.status, text: second.text }).toEqual({ status: 200, text: first.text })
    expect(second.headers['holdfast-ledger-seq']).toBe(first.headers['holdfast-ledger-seq'])
    expect(Number(first.headers['holdfast-ledger-seq'])).toBeGreaterThan(0)
    expect(await storedIn(started.database)).toEqual(before)
    expect(await refused('POST', '/policies', asKey({ ...policy, title: 'Another' }, key))).toBe('422 idempotency_mismatch')
  })

  test('twenty at once make one policy', async () => {
    const before = await storedIn(started.database)
    const key = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => started.ask('POST', '/api/v1/policies', asKey({ ...policy, title: 'Once' }, key))),
    )
    const made = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text))
    expect(made.size).toBe(1)
    expect(answers.filter(({ status }) => status !== 200).every((answer) => codeOf(answer) === '409 idempotency_conflict')).toBe(
      true,
    )
    expect((await storedIn(started.database))['policy']).toBe((before['policy'] ?? 0) + 1)
  })
})
