/** Who must not get in (C6, C8): each fence with somebody who tries it; where it can be, the fence taken away. */
import { accessPolicy, apiKey, grant, host, member, policy, type GrantId } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Person, type Stage } from '../../../test/access.ts'
import { addMember, newCaller, totpCode } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import { clearanceFrom } from '../../kernel/clearance.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow({ requesters: { roles: ['member', 'reviewer'] } })
}, 60_000)
afterAll(() => stage?.platform.close())

const approving = async (request: { id: string; requestHash: string }, who: Person, code?: string) => ({
  id: request.id as GrantId,
  requestHash: request.requestHash,
  code: code ?? (await stage.code(who)),
})

describe('who approves', () => {
  test('never oneself, even by another account of the same mailbox; nor by an API key', async () => {
    const { platform, reviewer, make, founded } = stage
    const web = await stage.enrolHost()
    const own = await stage.ask(web.hostId, {}, reviewer)
    expect(await platform.refusal(grant.approve, await approving(own, reviewer), reviewer.caller)).toBe('own_request')

    const twin = await make('reviewer', 'Twin')
    const asked = await stage.ask(web.hostId)
    await stage.sameMailbox(twin, stage.sre)
    expect(await platform.refusal(grant.approve, await approving(asked, twin), twin.caller)).toBe('own_request')

    const { key } = await platform.call(apiKey.create, { name: 'k', role: 'reviewer' }, await stage.stepped(stage.second))
    const byKey = newCaller({ apiKey: key })
    expect(await platform.refusal(grant.approve, await approving(asked, stage.second), byKey)).toBe('session_required')
    expect(await platform.call(grant.read, { id: asked.id }, founded.owner)).toMatchObject({ approvals: [] })
  })

  test('the database does not take it either, with the check in the code taken away', async () => {
    const { platform, founded, sre } = stage
    const asked = await stage.ask((await stage.enrolHost()).hostId)
    const insert = `insert into grant_approval (org_id, grant_id, person_id, requester_id, request_hash, at) values ($1, $2, $3, $4, $5, now())`
    const by = (person: string, requester: string, hash: string) =>
      platform.admin.query(insert, [founded.orgId, asked.id, person, requester, hash])
    await expect(by(sre.personId, sre.personId, asked.requestHash)).rejects.toThrow(/check constraint/)
    await expect(by(sre.personId, stage.other.personId, asked.requestHash)).rejects.toThrow(/foreign key/)
    await expect(by(stage.reviewer.personId, sre.personId, 'f'.repeat(64))).rejects.toThrow(/foreign key/)
  })

  test('only whom the policy names, with a role that may', async () => {
    const { platform, admin } = stage
    const rule = await stage.allow({ selects: { labels: ['only=rita'] }, approvers: { personIds: [stage.second.personId] } })
    const web = await stage.enrolHost(['only=rita'], 'lab')
    const asked = await stage.ask(web.hostId, { policyId: rule.id })
    expect(await platform.refusal(grant.approve, await approving(asked, admin), admin.caller)).toBe('not_approver')
    expect(await platform.refusal(grant.deny, { id: asked.id, reason: 'x' }, admin.caller)).toBe('not_approver')
    expect(await platform.refusal(grant.approve, await approving(asked, stage.other), stage.other.caller)).toBe('forbidden')
    expect(await stage.approve(asked, stage.second)).toMatchObject({ state: 'approved' })
  })

  test('an approver who lost the role between approval and issue gave nothing', async () => {
    const { platform, make, founded, sre } = stage
    const boss = await make('reviewer')
    const web = await stage.enrolHost()
    const asked = await stage.ask(web.hostId)
    await stage.approve(asked, boss)
    await stage.certificate(asked.id)
    await platform.call(member.changeRole, { id: boss.personId, role: 'viewer' }, founded.owner)
    const input = { id: asked.id, publicKey: newSshKey(), code: await stage.code(sre) }
    expect(await platform.refusal(grant.certificate, input, sre.caller)).toBe('approver_not_entitled')
  })

  test('what was read is what is approved: another hash, a used approval, a policy that changed', async () => {
    const { platform, reviewer, founded } = stage
    const rule = await stage.allow({ selects: { labels: ['changing=yes'] } })
    const web = await stage.enrolHost(['changing=yes'], 'lab')
    const [first, other] = [await stage.ask(web.hostId), await stage.ask((await stage.enrolHost()).hostId)]
    const swapped = await approving({ id: first.id, requestHash: other.requestHash }, reviewer)
    expect(await platform.refusal(grant.approve, swapped, reviewer.caller)).toBe('request_changed')
    const { id, version } = rule
    const logins = ['deploy', 'root']
    const rules = { name: 'x', selects: rule.selects, logins, requesters: rule.requesters, approvers: rule.approvers }
    await platform.call(accessPolicy.update, { id, version, ...rules }, founded.owner)
    expect(await platform.refusal(grant.approve, await approving(first, reviewer), reviewer.caller)).toBe('policy_changed')
    expect(await platform.refusal(accessPolicy.update, { id, version, ...rules }, founded.owner)).toBe('version_changed')
    await stage.approve(other)
    expect(await platform.refusal(grant.approve, await approving(other, reviewer), reviewer.caller)).toBe('not_requested')
  })

  test('a request cannot be changed once it is made, by nobody', async () => {
    const { platform, founded } = stage
    const asked = await stage.ask((await stage.enrolHost()).hostId)
    for (const change of [
      `login = 'root'`,
      'seconds = 99999',
      `ticket = 'X'`,
      `extensions = '{permit-port-forwarding}'`,
      `request_hash = repeat('0', 64)`,
    ])
      await expect(
        platform.arrange(founded.orgId, `update access_grant set ${change} where id = $1`, [asked.id]),
      ).rejects.toThrow(/cannot be changed/)
    // Without that fence the approval still is bound to what stands there: the hash is made anew.
    await platform.admin.query('alter table access_grant disable trigger request_is_fixed')
    try {
      await platform.arrange(founded.orgId, `update access_grant set login = 'root' where id = $1`, [asked.id])
    } finally {
      await platform.admin.query('alter table access_grant enable trigger request_is_fixed')
    }
    expect(await platform.refusal(grant.approve, await approving(asked, stage.reviewer), stage.reviewer.caller)).toBe(
      'request_changed',
    )
  })
})

describe('codes', () => {
  test('each works once, for one act; an old one and a wrong one never', async () => {
    const { platform, sre } = stage
    const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
    const code = await stage.code(sre)
    const input = (hostId: typeof a.hostId, given: string | undefined) => ({
      hostId,
      login: 'deploy',
      seconds: 60,
      reason: 'x',
      ...(given && { code: given }),
    })
    await platform.call(grant.request, input(a.hostId, code), sre.caller)
    expect(await platform.refusal(grant.request, input(b.hostId, code), sre.caller)).toBe('code_refused')
    expect(await platform.refusal(grant.request, input(b.hostId, undefined), sre.caller)).toBe('code_needed')
    const stale = totpCode(sre.totpSecret, platform.clock.now(), -10)
    expect(await platform.refusal(grant.request, input(b.hostId, stale), sre.caller)).toBe('code_refused')
    const others = await stage.code(stage.other)
    expect(await platform.refusal(grant.request, input(b.hostId, others), sre.caller)).toBe('code_refused')
  })

  test('a certificate needs one for this grant, a moment ago, by the same session', async () => {
    const { platform, sre } = stage
    const { grant: given } = await stage.give()
    const input = { id: given.id, publicKey: newSshKey() }
    await platform.call(grant.certificate, input, sre.caller) // asked with a code just now
    await platform.arrange(
      stage.founded.orgId,
      `update access_grant set confirmed_at = confirmed_at - interval '6 minutes' where id = $1`,
      [given.id],
    )
    expect(await platform.refusal(grant.certificate, input, sre.caller)).toBe('code_needed')
    await platform.call(grant.certificate, { ...input, code: await stage.code(sre) }, sre.caller)
    const { key } = await platform.call(apiKey.create, { name: 'k', role: 'member' }, await stage.stepped(sre))
    expect(await platform.refusal(grant.certificate, input, newCaller({ apiKey: key }))).toBe('code_needed')
    expect(await platform.refusal(grant.certificate, { ...input, code: await stage.code(stage.other) }, stage.other.caller)).toBe(
      'not_yours',
    )
  })

  test('a service account may ask with its key alone where the policy says so, and there only', async () => {
    const { platform, sre } = stage
    await stage.allow({ selects: { labels: ['robots=yes'] }, apiKeysMayAsk: true })
    const [open, closed] = [await stage.enrolHost(['robots=yes'], 'lab'), await stage.enrolHost()]
    const { key } = await platform.call(apiKey.create, { name: 'robot', role: 'member' }, await stage.stepped(sre))
    const robot = newCaller({ apiKey: key })
    const input = { login: 'deploy', seconds: 60, reason: 'nightly' }
    expect(await platform.refusal(grant.request, { ...input, hostId: closed.hostId }, robot)).toBe('code_needed')
    const asked = await platform.call(grant.request, { ...input, hostId: open.hostId }, robot)
    await stage.approve(asked)
    expect(await platform.call(grant.certificate, { id: asked.id, publicKey: newSshKey() }, robot)).toMatchObject({
      login: 'deploy',
    })
    expect(await platform.refusal(grant.certificate, { id: asked.id, publicKey: newSshKey() }, sre.caller)).toBe('code_needed')
  })
})

describe('what is asked', () => {
  test('beyond the policy: login, duration, forwarding; odd characters nowhere', async () => {
    const { platform, sre } = stage
    const { hostId } = await stage.enrolHost()
    const input = { hostId, login: 'deploy', seconds: 60, reason: 'x', code: '000000' }
    const refused = (part: object) => platform.refusal(grant.request, { ...input, ...part }, sre.caller)
    expect(await refused({ login: 'root' })).toBe('login_not_allowed')
    expect(await refused({ seconds: 7200 })).toBe('too_long')
    expect(await refused({ extensions: ['permit-port-forwarding'] })).toBe('extension_not_allowed')
    expect(await refused({ reason: '' })).toBe('reason_needed')
    expect(await refused({ sourceNetworks: ['10.0.0.1/8'] })).toBe('network_invalid')
    for (const login of ['*', 'a,b', 'a\nb', 'a b', 'a:b', '', '../x', 'A', 'a\0'])
      expect(await refused({ login }), login).toBe('invalid_input')
    for (const name of ['a,b', 'a*', 'A', 'a\nb', '-a', 'a:b'])
      expect(await platform.refusal(host.register, { name, environment: 'x', address: 'a' }, stage.founded.owner)).toBe(
        'invalid_input',
      )
    for (const publicKey of ['ssh-ed25519 AAAA', `${newSshKey()}\n${newSshKey()}`, `command="x" ${newSshKey()}`])
      expect(
        await platform.refusal(
          grant.certificate,
          { id: (await stage.give()).grant.id, publicKey: publicKey.padEnd(60), code: await stage.code(sre) },
          sre.caller,
        ),
      ).toBe('key_refused')
  })

  test('by nobody whom no policy names; not for a host that is not in', async () => {
    const { platform, make } = stage
    const { host: waiting } = await stage.register()
    expect(
      await platform.refusal(
        grant.request,
        { hostId: waiting.id, login: 'deploy', seconds: 60, code: '000000' },
        stage.sre.caller,
      ),
    ).toBe('host_not_enrolled')
    const admin = await make('admin')
    const web = await stage.enrolHost()
    expect(
      await platform.refusal(grant.request, { hostId: web.hostId, login: 'deploy', seconds: 60, code: '000000' }, admin.caller),
    ).toBe('not_entitled')
    const viewer = await make('viewer')
    expect(
      await platform.refusal(grant.request, { hostId: web.hostId, login: 'deploy', seconds: 60, code: '000000' }, viewer.caller),
    ).toBe('forbidden')
  })

  test('C8: not by whoever is not cleared, and the refusal says what is missing', async () => {
    const { platform, founded, sre } = stage
    const web = await stage.enrolHost()
    const waiting = await stage.ask(web.hostId)
    const running = await stage.give()
    const version = await platform.call(policy.create, { title: 'Acceptable use', content: '# Use' }, founded.owner)
    await platform.call(policy.submit, { id: version.id }, founded.owner)
    await platform.call(policy.approve, { id: version.id, sha256: version.sha256 }, stage.admin.caller)
    await platform.call(policy.publish, { id: version.id }, founded.owner)
    // There is time until the day that was set, unless the policy is required at once.
    expect(await stage.certificate(running.grant.id)).toMatchObject({ login: 'deploy' })
    await platform.call(policy.update, { id: version.policyId, requiredAtOnce: true }, founded.owner)
    const input = { hostId: web.hostId, login: 'deploy', seconds: 60, reason: 'x', code: '000000' }
    const refusal = await platform.call(grant.request, input, sre.caller).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'not_cleared',
      extras: { errors: [{ path: 'policy_not_acknowledged', message: expect.stringContaining('Acceptable use') }] },
    })
    expect(await platform.refusal(grant.approve, await approving(waiting, stage.reviewer), stage.reviewer.caller)).toBe(
      'not_cleared',
    )
    const certificate = { id: running.grant.id, publicKey: newSshKey(), code: '000000' }
    expect(await platform.refusal(grant.certificate, certificate, sre.caller)).toBe('not_cleared')
    // Without the fence it goes through: it is this that holds.
    const { services } = platform.composition.path
    const { clearance } = services
    Object.assign(services, { clearance: clearanceFrom([]) })
    expect(await stage.certificate(running.grant.id)).toMatchObject({ login: 'deploy' })
    Object.assign(services, { clearance })
    for (const { caller } of [sre, stage.other, stage.reviewer])
      await platform.call(policy.acknowledge, { id: version.id, sha256: version.sha256 }, caller)
    expect(await stage.certificate(running.grant.id)).toMatchObject({ login: 'deploy' })

    const bare = await addMember(platform, founded, 'member', 'Bare')
    const without = await platform.call(grant.request, input, bare.caller).catch((error: unknown) => error)
    expect(JSON.stringify(without)).toContain('second_factor_missing')
  })
})
