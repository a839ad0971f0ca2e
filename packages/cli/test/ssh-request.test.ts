import { describe, expect, it } from 'vitest'
import { Interrupted } from '../src/io.ts'
import {
  approver,
  detail,
  grantId,
  host,
  hostId,
  otherId,
  policy,
  policyId,
  requested,
  running,
  useAccessServer,
} from './access-server.ts'
import { sendSignal, type Setting } from './terminal.ts'
import { problem } from './test-server.ts'

const { handlers, asked, cli } = useAccessServer()
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

  it('for what stands before the name of the server as well as behind it', async () => {
    const options = ['--extension', 'permit-port-forwarding', '--ssh-option', 'LogLevel=QUIET']
    expect((await cli(['ssh', ...options, ...full.slice(1)])).code).toBe(0)
    expect(asked('grant.request')).toMatchObject([{ extensions: ['permit-port-forwarding'] }])
    expect((await cli(['ssh', '--extension', 'permit-everything', ...full.slice(1)])).code).toBe(2)
  })

  it('and says what is missing for a clearance', async () => {
    const errors = [{ path: 'policy_unacknowledged', message: 'Acknowledge the policy “Access”.' }]
    handlers['grant.request'] = () => problem('not_cleared', 403, { errors })
    const { code, stderr } = await cli(full)
    expect(code).toBe(1)
    expect(stderr).toContain('(not_cleared, 403)\n  Acknowledge the policy “Access”.\n')
  })

  it('and names everything that is missing where nobody can be asked', async () => {
    handlers['grant.options'] = () => ({
      body: { rows: [{ ...host, policies: [{ ...policy, ticketPattern: 'OPS-#' }] }], next: null },
    })
    const expected = {
      code: 2,
      stderr: expect.stringMatching(
        /missing --login \(app, root\), --for \(at most 1 hour\), --reason, --ticket \(OPS-#\), --code/,
      ) as string,
    }
    expect(await cli(['ssh', 'web-1'])).toMatchObject(expected)
    const json = await cli(['ssh', 'web-1', '--json'], { answers: [] })
    expect({ code: json.code, event: JSON.parse(json.stderr) as unknown }).toMatchObject({
      code: 2,
      event: { event: 'failed', exitCode: 2 },
    })
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
    const strict = { ...policy, id: otherId('ap'), name: 'Strict', approvals: 2 }
    handlers['grant.options'] = () => ({ body: { rows: [{ ...host, policies: [strict, policy] }], next: null } })
    await cli(full)
    await cli([...full, '--policy', 'Strict'])
    expect(asked('grant.request').map((input) => input.policyId)).toEqual([policyId, strict.id])
  })

  it('without a code where a key may ask, and with another when one is refused', async () => {
    handlers['grant.options'] = () => ({
      body: { rows: [{ ...host, policies: [{ ...policy, apiKeysMayAsk: true }] }], next: null },
    })
    const withoutCode = full.slice(0, -2)
    expect((await cli(withoutCode)).code).toBe(0)
    expect(asked('grant.request')[0]).not.toHaveProperty('code')
    handlers['grant.request'] = (_, times) => (times < 4 ? problem('code_refused', 403) : { body: requested() })
    const { code, questions } = await cli(full, { answers: ['222222', '333333'] })
    expect({ code, questions: questions.length }).toEqual({ code: 0, questions: 2 })
    expect(asked('grant.request').at(-1)).toMatchObject({ code: '333333' })
  })

  it('in vain', async () => {
    handlers['grant.read'] = () => ({
      body: { ...detail(requested()), state: 'denied', decisionReason: 'Use \u001b[2Jthe replica' },
    })
    const denied = await cli(full)
    expect(denied.code).toBe(1)
    expect(denied.stderr).toContain(`the request ${grantId} was denied: Use \\u001b[2Jthe replica`)
    handlers['grant.read'] = () => ({ body: { ...detail(requested()), state: 'lapsed' } })
    expect((await cli(full)).stderr).toContain('lapsed: nobody answered in time')
    handlers['grant.options'] = () => ({ body: { rows: [], next: null } })
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
  it('shows no more progress on the line of the question', async () => {
    let asking = false
    const answers = ['n']
    const outcome = await cli(full, {
      ...{ interactive: true, answers },
      onSleep: async () => {
        if (!asking) sendSignal('SIGINT')
        asking = true
        await new Promise((resolve) => setTimeout(resolve, 300))
      },
    })
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(outcome.waits).toHaveLength(1)
    expect(asked('grant.read')).toEqual([])
  })
  it.each([[['n']], [undefined], [[new Interrupted('SIGINT')]]])('leaves it when the answers are %j', async (answers) => {
    const { code } = await cli(full, { ...stopping, ...(answers && { answers }) })
    expect({ code, cancelled: asked('grant.cancel').length }).toEqual({ code: 130, cancelled: 0 })
  })
  it('is found by the next run, extensions of others are not', async () => {
    const extension = { ...requested(), id: otherId('gr'), extendsId: grantId }
    handlers['grant.list'] = ({ input }) => ({
      body: { rows: input.state === 'requested' ? [extension, requested()] : [], next: null },
    })
    const { code, stderr } = await cli(['ssh', 'web-1'])
    expect({ code, requests: asked('grant.request') }).toEqual({ code: 0, requests: [] })
    expect(stderr).toContain(`You have asked already, as ${grantId}`)
  })
})

describe('holdfast access', () => {
  it('shows what one has and what waits, in words and as JSON', async () => {
    handlers['grant.list'] = ({ input }) => {
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
  it('names a service account, and who answers for it', async () => {
    const serviceAccount = { id: `sa_${grantId.slice(3)}`, name: 'nightly', ownerId: approver }
    handlers['grant.list'] = ({ input }) => ({
      body: { rows: input.show === 'to_approve' ? [{ ...requested(), personId: null, serviceAccount }] : [], next: null },
    })
    expect((await cli(['access'])).stdout).toMatch(/service account nightly \(Grace answers for it\) +web-1/)
  })
  it('says when there is nothing', async () => {
    const { code, stdout } = await cli(['access'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'You have no access to any server or database, and asked for none.\n\nNothing waits for your approval.\n',
    })
  })
})

describe('holdfast complete', () => {
  it('offers names of servers and ids of grants, described where the shell shows that', async () => {
    expect((await cli(['complete', 'hosts'])).stdout).toBe('web-1\n')
    handlers['grant.list'] = ({ input }) => ({ body: { rows: input.state === 'approved' ? [running()] : [], next: null } })
    expect((await cli(['complete', 'grants', '--describe'])).stdout).toBe(`${grantId}\tweb-1 app, approved\n`)
  })
  it('offers nothing where it may not ask', async () => {
    handlers['grant.options'] = () => problem('unauthenticated', 401)
    expect(await cli(['complete', 'hosts'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await cli(['complete', 'hosts'], { env: { HOLDFAST_URL: 'https://localhost:1' } })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })
})
