import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Interrupted } from '../src/io.ts'
import { holdfast, scratch, sendSignal, type Setting } from './terminal.ts'
import { problem, startTestServer, type Answer, type TestServer } from './test-server.ts'

const ulid = '01j9zq4w7e8r9t0v1x2y3z4a5b'
const [person, approver, hostId, policyId, grantId] = [
  `pe_${ulid}`,
  `pe_01j9zq4w7e8r9t0v1x2y3z4a5c`,
  `ho_${ulid}`,
  `ap_${ulid}`,
  `gr_${ulid}`,
]
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()

const policy = {
  ...{ id: policyId, name: 'Production', logins: ['app', 'root'], maxSeconds: 3600, approvals: 1, reasonRequired: true },
  ...{
    ticketPattern: null as string | null,
    sourceNetworks: [],
    hours: null,
    extensions: ['permit-port-forwarding'],
    apiKeysMayAsk: false,
  },
}
const host = { hostId, hostName: 'web-1', environment: 'production', address: 'web-1.internal', port: 2222 }
const requested = () => ({
  ...{ id: grantId, state: 'requested', endReason: null, hostId, hostName: 'web-1', environment: 'production', login: 'app' },
  ...{
    personId: person,
    policyId,
    policyVersion: 1,
    seconds: 1800,
    notBefore: null,
    reason: 'Queue',
    ticket: null,
    extensions: [],
  },
  ...{ sourceNetworks: [], extendsId: null, requestHash: 'a'.repeat(64), requestedAt: later(0), requestExpiresAt: later(59.5) },
  ...{ approvals: [], approvalsNeeded: 1, startsAt: null, endsAt: null, endedAt: null, mayApprove: false },
})
const running = () => ({ ...requested(), state: 'approved', startsAt: later(0), endsAt: later(29.5) })
const detail = (grant: object) => ({
  ...grant,
  ...{ policyName: 'Production', decisionReason: null, endedBy: null, certificates: [], sessions: [], proof: null },
})
const authority = 'AAAAC3NzaC1lZDI1NTE5AAAAIPaw'
const certificate = (more: object = {}): Answer => ({
  body: {
    ...{ id: grantId, certificate: `ssh-ed25519-cert-v01@openssh.com ${authority}`, serial: '7', validAfter: later(-1) },
    ...{ validBefore: later(10), endsAt: later(29.5), login: 'app', address: 'web-1.internal', port: 2222 },
    ...{ hostKeyAlias: `o:acme:h:${hostId}`, knownHosts: [`@cert-authority o:acme:h:* ssh-ed25519 ${authority}`], ...more },
  },
})

let server: TestServer
/** Where keys are made. */
let keys: string
const ours = () => readdirSync(keys).filter((name) => name.startsWith('holdfast-ssh-'))
const asked = (operation: string) => server.asked.filter((each) => each.operation === operation).map(({ input }) => input)

const realTemporary = process.env.TMPDIR
beforeAll(async () => {
  server = await startTestServer({})
  keys = join(scratch(), 'keys')
  mkdirSync(keys)
})
beforeEach(() => {
  process.env.TMPDIR = keys
  server.asked.length = 0
  const { handlers } = server
  handlers['grant.list'] = () => ({ body: { rows: [], next: null } })
  handlers['grant.options'] = () => ({ body: { rows: [{ ...host, policies: [policy] }], next: null } })
  handlers['grant.request'] = () => ({ headers: { 'holdfast-ledger-seq': '4' }, body: requested() })
  handlers['grant.read'] = (_, times) => ({ body: detail(times < 3 ? requested() : running()) })
  handlers['grant.certificate'] = () => certificate()
  handlers['grant.cancel'] = () => ({ body: { ...requested(), state: 'cancelled' } })
  handlers['grant.return'] = () => ({ body: { ...running(), state: 'ended', endReason: 'returned' } })
  handlers['accessPolicy.read'] = () => ({ body: { approvers: { roles: ['admin', 'owner'], personIds: [approver] } } })
  handlers['member.list'] = () => ({ body: { rows: [{ id: approver, name: 'Grace' }], next: null } })
})
afterEach(() => {
  if (realTemporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = realTemporary
  expect(ours(), 'no key is left').toEqual([])
})
afterAll(() => server.close())

const cli = (argv: readonly string[], setting: Setting = {}) =>
  holdfast(argv, { ...setting, env: { ...server.env, PATH: process.env.PATH ?? '', ...setting.env } })
const full = ['ssh', 'web-1', '-l', 'app', '--for', '30m', '--reason', 'Queue', '--code', '123456']

describe('holdfast ssh asks for access', () => {
  it('for what the options say, and waits, telling who may approve', async () => {
    const { code, stderr } = await cli([...full, '--extension', 'permit-port-forwarding'])
    expect(code).toBe(0)
    expect(asked('grant.request')).toEqual([
      ...[
        {
          hostId,
          login: 'app',
          seconds: 1800,
          reason: 'Queue',
          extensions: ['permit-port-forwarding'],
          policyId,
          code: '123456',
        },
      ],
    ])
    expect(stderr).toContain('Access to web-1 (production, web-1.internal) as app')
    expect(stderr).toContain('for      30 minutes, from the approval on')
    expect(stderr).toMatch(/Waiting until \d\d:\d\d.* for an admin, an owner, or Grace to approve it:/)
    expect(stderr).toContain(`/access/grants/${grantId}`)
    expect(stderr).toMatch(/Access until .*\(29 minutes/)
  })

  it('for what a person answers at the terminal', async () => {
    const answers = ['app', 'soon', '20m', 'Queue', '654321']
    const { code, questions } = await cli(['ssh', 'web-1'], { answers })
    expect({ code, questions: questions.map((each) => each.split(/[ :?(]/)[0]) }).toEqual({
      code: 0,
      questions: ['Login', 'For', 'For', 'Reason', 'Code'],
    })
    expect(asked('grant.request')).toEqual([
      ...[{ hostId, login: 'app', seconds: 1200, reason: 'Queue', extensions: [], policyId, code: '654321' }],
    ])
  })

  it('and names everything that is missing where nobody can be asked', async () => {
    server.handlers['grant.options'] = () => ({
      body: { rows: [{ ...host, policies: [{ ...policy, ticketPattern: 'OPS-#' }] }], next: null },
    })
    const expected = {
      code: 2,
      stderr: expect.stringMatching(
        /missing --login \(app, root\), --for \(at most 1 hour\), --reason, --ticket \(OPS-#\), --code/,
      ) as string,
    }
    expect(await cli(['ssh', 'web-1'])).toMatchObject(expected)
    expect((await cli(['ssh', 'web-1', '--json'], { answers: [] })).code).toBe(2)
    expect(asked('grant.request')).toEqual([])
  })

  it.each([
    [['--for', '2h'], '--for is at most 1 hour here'],
    [['--for', '30'], 'Give a duration such as 30m'],
    [['-l', 'postgres'], '--login is one of app, root'],
    [['--policy', 'Nobody’s'], '--policy is one of Production'],
    [['--extension', 'permit-agent-forwarding'], 'no policy lets you ask for permit-agent-forwarding here'],
    [['--code', 'recovery-code'], '--code takes six digits'],
    [['--print-config', '--refresh'], 'stand alone'],
  ])('and refuses %j before anything is sent', async (options, why) => {
    const { code, stderr } = await cli([...full, ...options])
    expect({ code, requests: asked('grant.request') }).toEqual({ code: 2, requests: [] })
    expect(stderr).toContain(why)
  })

  it('under the policy that needs the fewest people', async () => {
    const strict = { ...policy, id: `ap_01j9zq4w7e8r9t0v1x2y3z4a5c`, name: 'Strict', approvals: 2 }
    server.handlers['grant.options'] = () => ({ body: { rows: [{ ...host, policies: [strict, policy] }], next: null } })
    await cli(full)
    await cli([...full, '--policy', 'Strict'])
    expect(asked('grant.request').map((input) => input.policyId)).toEqual([policyId, strict.id])
  })

  it('without a code where a key may ask, and with another when one is refused', async () => {
    server.handlers['grant.options'] = () => ({
      body: { rows: [{ ...host, policies: [{ ...policy, apiKeysMayAsk: true }] }], next: null },
    })
    const withoutCode = full.slice(0, -2)
    expect((await cli(withoutCode)).code).toBe(0)
    expect(asked('grant.request')[0]).not.toHaveProperty('code')
    server.handlers['grant.request'] = (_, times) => (times < 4 ? problem('code_refused', 403) : { body: requested() })
    const { code, questions } = await cli(full, { answers: ['222222', '333333'] })
    expect({ code, questions: questions.length }).toEqual({ code: 0, questions: 2 })
    expect(asked('grant.request').at(-1)).toMatchObject({ code: '333333' })
  })

  it('in vain', async () => {
    server.handlers['grant.read'] = () => ({
      body: { ...detail(requested()), state: 'denied', decisionReason: 'Use \u001b[2Jthe replica' },
    })
    const denied = await cli(full)
    expect(denied.code).toBe(1)
    expect(denied.stderr).toContain(`the request ${grantId} was denied: Use \\u001b[2Jthe replica`)
    server.handlers['grant.read'] = () => ({ body: { ...detail(requested()), state: 'lapsed' } })
    expect((await cli(full)).stderr).toContain('lapsed: nobody answered in time')
    server.handlers['grant.options'] = () => ({ body: { rows: [], next: null } })
    expect(await cli(full)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no server web-1 for you') as string,
    })
    expect(await cli(['ssh', '--', '-oProxyCommand=x'])).toMatchObject({ code: 2 })
  })
})

describe('holdfast ssh stopped while it waits', () => {
  const stopping: Setting = { onSleep: () => sendSignal('SIGINT') }
  it('takes the request back when the person wants that', async () => {
    const { code, stderr } = await cli(full, { ...stopping, answers: ['y'] })
    expect({ code, cancelled: asked('grant.cancel').length }).toEqual({ code: 130, cancelled: 1 })
    expect(stderr).toContain('The request is taken back.')
  })
  it.each([[['n']], [undefined], [[new Interrupted('SIGINT')]]])('leaves it when the answers are %j', async (answers) => {
    const { code } = await cli(full, { ...stopping, ...(answers && { answers }) })
    expect({ code, cancelled: asked('grant.cancel').length }).toEqual({ code: 130, cancelled: 0 })
  })
  it('is found by the next run, extensions of others are not', async () => {
    const extension = { ...requested(), id: `gr_01j9zq4w7e8r9t0v1x2y3z4a5c`, extendsId: grantId }
    server.handlers['grant.list'] = ({ input }) => ({
      body: { rows: input.state === 'requested' ? [extension, requested()] : [], next: null },
    })
    const { code, stderr } = await cli(['ssh', 'web-1'])
    expect({ code, requests: asked('grant.request') }).toEqual({ code: 0, requests: [] })
    expect(stderr).toContain(`You have asked already, as ${grantId}`)
  })
})

describe('holdfast ssh with access that runs', () => {
  beforeEach(() => {
    server.handlers['grant.list'] = ({ input }) => ({ body: { rows: input.state === 'approved' ? [running()] : [], next: null } })
    server.handlers['grant.read'] = () => ({ body: detail(running()) })
  })

  it('runs ssh with a key of its own in a directory of its own, and passes the exit code on', async () => {
    let directory = ''
    const { code, stdout } = await cli(['ssh', 'web-1', '--ssh-option', 'LocalForward 1 h:1', '--', 'uptime', '-p'], {
      env: { HOLDFAST_TOKEN: 'x' },
      onHand: (file, args, env) => {
        const value = (name: string) => args.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
        const key = value('IdentityFile')
        directory = dirname(key)
        expect(statSync(directory).mode & 0o777).toBe(0o700)
        expect(statSync(key).mode & 0o777).toBe(0o600)
        expect(readFileSync(value('UserKnownHostsFile'), 'utf8')).toBe(`@cert-authority o:acme:h:* ssh-ed25519 ${authority}\n`)
        expect(readFileSync(value('CertificateFile'), 'utf8')).toContain('ssh-ed25519-cert-v01@openssh.com ')
        expect(file).toBe('ssh')
        expect(args.slice(0, 2)).toEqual(['-F', 'none'])
        expect(args.slice(-7)).toEqual(
          ['-o', 'LocalForward 1 h:1', '--', 'web-1.internal', 'uptime', '-p'].toSpliced(0, 0, 'CanonicalizeHostname=no'),
        )
        for (const option of [
          'IdentitiesOnly=yes',
          'StrictHostKeyChecking=yes',
          'ControlMaster=no',
          'ControlPath=none',
          'IdentityAgent=none',
        ])
          expect(args).toContain(option)
        expect(value('HostKeyAlias')).toBe(`o:acme:h:${hostId}`)
        expect(Object.keys(env).filter((name) => name.startsWith('HOLDFAST'))).toEqual([])
        return 42
      },
    })
    expect({ code, stdout }).toEqual({ code: 42, stdout: '' })
    expect(directory).toContain('holdfast-ssh-')
    expect(existsSync(directory)).toBe(false)
    expect(asked('grant.certificate')[0]?.publicKey).toMatch(/^ssh-ed25519 AAAA/)
  })

  it('asks for a code only when the server wants one', async () => {
    server.handlers['grant.certificate'] = (_, times) => (times === 1 ? problem('code_needed', 403) : certificate())
    const { code, questions } = await cli(['ssh', 'web-1'], { answers: ['123456'] })
    expect({ code, questions }).toEqual({ code: 0, questions: ['Code of your authenticator app: '] })
    server.asked.length = 0
    expect((await cli(['ssh', 'web-1', '--code', '777777'])).code).toBe(0)
    expect(asked('grant.certificate').map((input) => input.code)).toEqual([undefined, '777777'])
    server.asked.length = 0
    expect(await cli(['ssh', 'web-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--code') as string })
  })

  it.each([
    ['another option in the alias', { hostKeyAlias: 'x\nProxyCommand=x' }],
    ['a bare host key', { knownHosts: [`web-1 ssh-ed25519 ${authority}`] }],
    ['no authority', { knownHosts: [] }],
    ['an address that is an option', { address: '-oProxyCommand=x' }],
    ['a login that is an option', { login: '-oProxyCommand=x' }],
    ['two lines of certificate', { certificate: 'a b\nc d' }],
  ])('refuses an answer with %s', async (_, more) => {
    server.handlers['grant.certificate'] = () => certificate(more)
    let started = false
    const outcome = await cli(['ssh', 'web-1'], {
      onHand: () => {
        started = true
        return 0
      },
    })
    expect({ code: outcome.code, started }).toEqual({ code: 1, started: false })
    expect(outcome.stderr).toContain('a certificate that cannot be used')
  })

  it('gives back with --return, and else says how', async () => {
    const hint = `holdfast grant return --id ${grantId}`
    expect((await cli(['ssh', 'web-1'])).stderr).toContain(hint)
    expect(asked('grant.return')).toEqual([])
    expect((await cli(['ssh', 'web-1', '--return'])).stderr).toContain('Given back.')
    expect(asked('grant.return')).toEqual([{ id: grantId }])
  })

  it('says why it ended under the person', async () => {
    server.handlers['grant.read'] = () => ({
      body: { ...detail(running()), state: 'ended', endReason: 'revoked', decisionReason: 'Laptop stolen' },
    })
    const { code, stderr } = await cli(['ssh', 'web-1'], { onHand: () => 255 })
    expect(code).toBe(255)
    expect(stderr).toContain('Access has ended: it was revoked (Laptop stolen).')
  })

  it('says when ssh is not installed, and leaves nothing', async () => {
    const missing = Object.assign(new Error('spawn ssh ENOENT'), { code: 'ENOENT' })
    const { code, stderr } = await cli(['ssh', 'web-1'], { onHand: () => Promise.reject(missing) })
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('install the client of OpenSSH') as string,
    })
  })

  it('wants a login where there are several', async () => {
    const other = { ...running(), id: `gr_01j9zq4w7e8r9t0v1x2y3z4a5c`, login: 'root' }
    server.handlers['grant.list'] = ({ input }) => ({
      body: { rows: input.state === 'approved' ? [running(), other] : [], next: null },
    })
    expect(await cli(['ssh', 'web-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--login app, root') as string })
    expect((await cli(['ssh', 'web-1', '-l', 'root'])).code).toBe(0)
  })
})

describe('holdfast access', () => {
  it('shows what one has and what waits, in words and as JSON', async () => {
    server.handlers['grant.list'] = ({ input }) => {
      const rows =
        input.show === 'to_approve' ? [{ ...requested(), personId: approver }] : input.state === 'approved' ? [running()] : []
      return { body: { rows, next: null } }
    }
    const { stdout } = await cli(['access'])
    expect(stdout).toMatch(/web-1 +app +runs +\d\d:\d\d.*\(29 minutes/)
    expect(stdout).toMatch(/Grace +web-1 +app +30 minutes +Queue/)
    const json = JSON.parse((await cli(['access', '--json'])).stdout) as { mine: object[]; toApprove: object[] }
    expect([json.mine.length, json.toApprove.length]).toEqual([1, 1])
  })
  it('says when there is nothing', async () => {
    const { code, stdout } = await cli(['access'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'You have no access to any server, and asked for none.\n\nNothing waits for your approval.\n',
    })
  })
})

describe('holdfast complete', () => {
  it('offers names of servers and ids of grants, described where the shell shows that', async () => {
    expect((await cli(['complete', 'hosts'])).stdout).toBe('web-1\n')
    server.handlers['grant.list'] = ({ input }) => ({ body: { rows: input.state === 'approved' ? [running()] : [], next: null } })
    expect((await cli(['complete', 'grants', '--describe'])).stdout).toBe(`${grantId}\tweb-1 app, approved\n`)
  })
  it('offers nothing where it may not ask', async () => {
    server.handlers['grant.options'] = () => problem('unauthenticated', 401)
    expect(await cli(['complete', 'hosts'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await cli(['complete', 'hosts'], { env: { HOLDFAST_URL: 'https://localhost:1' } })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })
})
