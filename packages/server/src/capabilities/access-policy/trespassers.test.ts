/** Access that its policy does not give any more (C6): whoever keeps what they were taken out of, and the fence taken away. */
import { setTimeout as pause } from 'node:timers/promises'
import { accessPolicy, agent, grant, ledger, member, type GrantId, type InputOf, type OutputOf } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Person } from '../../../test/access.ts'
import { setMachineStage, type MachineStage } from '../../../test/machine-stage.ts'
import { newCaller } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'

let stage: MachineStage
beforeAll(async () => {
  stage = await setMachineStage()
}, 60_000)
afterAll(() => stage?.platform.close())

type Rule = OutputOf<typeof accessPolicy.create>
type Rules = Partial<InputOf<typeof accessPolicy.create>>

let labels = 0
/** A rule for a server of its own. */
const setRule = async (rules: Rules) => {
  const label = `rule=r${++labels}`
  const rule = await stage.allow({ selects: { labels: [label] }, ...rules })
  return { rule, host: await stage.enrolHost([label], 'lab') }
}
const running = async ({ rule, host }: Awaited<ReturnType<typeof setRule>>, who: Person, more: object = {}) =>
  stage.approve(await stage.ask(host.hostId, { policyId: rule.id, ...more }, who))

const fields = ({
  id: _,
  version: _v,
  state: _s,
  createdBy: _c,
  createdAt: _ca,
  changedBy: _b,
  changedAt: _ba,
  ...rules
}: Rule) => rules
const change = (rule: Rule, rules: Rules) =>
  stage.platform.call(accessPolicy.update, { id: rule.id, version: rule.version, ...fields(rule), ...rules }, stage.founded.owner)
const wouldEnd = (rule: Rule, rules: Rules | null) =>
  stage.platform.call(accessPolicy.wouldEnd, { id: rule.id, rules: rules && { ...fields(rule), ...rules } }, stage.founded.owner)
/** Whom the host lets in. */
const heldBy = async (host: { caller: Parameters<typeof stage.platform.call>[2] }): Promise<string[]> =>
  (await stage.platform.call(agent.state, {}, host.caller)).grants.map(({ id }) => id)

describe('whoever is taken out of a policy', () => {
  test('has nothing by it from that commit on, and everybody reads why; whoever is still named goes on', async () => {
    const { platform, founded, sre, other } = stage
    const where = await setRule({ requesters: { personIds: [sre.personId, other.personId] } })
    const { rule, host } = where
    const [theirs, others] = [await running(where, sre), await running(where, other)]
    const waiting = await stage.ask(host.hostId, { policyId: rule.id, reason: 'Once more' })
    const out = { requesters: { personIds: [other.personId] } }
    expect(await wouldEnd(rule, out)).toEqual({ id: rule.id, grants: 1, requests: 1 })
    expect(await heldBy(host)).toEqual([theirs.id, others.id]) // asked for, nothing has happened
    await change(rule, out)
    expect(await heldBy(host)).toEqual([others.id])
    const ended = await stage.read(theirs.id)
    expect(ended).toMatchObject({
      ...{
        state: 'ended',
        endReason: 'not_entitled',
        endedBy: founded.personId,
      },
      decisionReason: 'The access policy “Production” does not name whoever has it any more.',
    })
    expect(ended.proof?.announcedAs).toBeGreaterThan(0)
    expect(await stage.read(waiting.id)).toMatchObject({ state: 'cancelled' })
    const input = { id: theirs.id, publicKey: newSshKey(), code: await stage.code(sre) }
    expect(await platform.refusal(grant.certificate, input, sre.caller)).toBe('grant_not_live')
    await stage.certificate(others.id, other)
    const { rows } = await platform.call(ledger.list, { target: rule.id }, founded.owner)
    const entry = rows.find(({ action }) => action === 'access_policy.updated')
    expect(entry?.reason).toBe('ended 1 grants, cancelled 1 requests')
    const { changes } = await platform.call(ledger.read, { seq: entry?.seq ?? 0 }, founded.owner)
    expect(JSON.stringify(changes)).toContain('not_entitled')
  })

  test('a role taken out means all who had it by that role; a role that is lost means who lost it', async () => {
    const { platform, founded, other, make } = stage
    const lapsing = await make('member', 'Lapsing')
    const where = await setRule({ requesters: { roles: ['member', 'admin'], personIds: [other.personId] } })
    const [byRole, byName, lost] = [await running(where, stage.sre), await running(where, other), await running(where, lapsing)]
    await platform.call(member.changeRole, { id: lapsing.personId, role: 'reviewer' }, founded.owner)
    expect(await stage.read(lost.id)).toMatchObject({ state: 'ended', endReason: 'not_entitled' })
    await change(where.rule, { requesters: { roles: ['admin'], personIds: [other.personId] } })
    expect(await stage.read(byRole.id)).toMatchObject({ state: 'ended', endReason: 'not_entitled' })
    expect(await heldBy(where.host)).toEqual([byName.id])
  })

  test('without the fence they stay in: the host goes on letting in whoever the policy does not name', async () => {
    const { platform, founded, sre } = stage
    const where = await setRule({ requesters: { personIds: [sre.personId] } })
    const { id } = await running(where, sre)
    const behind = `update access_policy set requesters = '{"roles":["owner"],"personIds":[]}', version = version + 1 where id = $1`
    await platform.arrange(founded.orgId, behind, [where.rule.id])
    expect(await heldBy(where.host)).toEqual([id])
    // The next change of the rule looks at everything that runs by it, not at what that change took away.
    const { rule } = where
    const again = await platform.call(accessPolicy.read, { id: rule.id }, founded.owner)
    await change(again, { name: 'Another name' })
    expect(await heldBy(where.host)).toEqual([])
  })

  test('an approval that is under way gives nothing past it', async () => {
    const { platform, sre, other } = stage
    for (let round = 0; round < 3; round++) {
      const where = await setRule({ requesters: { personIds: [sre.personId, other.personId] } })
      const asked = await stage.ask(where.host.hostId, { policyId: where.rule.id })
      await Promise.allSettled([stage.approve(asked), change(where.rule, { requesters: { personIds: [other.personId] } })])
      expect((await platform.call(accessPolicy.read, { id: where.rule.id }, stage.founded.owner)).version).toBe(2)
      expect(await heldBy(where.host)).toEqual([])
    }
  })
})

describe('more time, while the policy is changed: neither waits for the other for ever', () => {
  /** Holds an act of somebody up where it uses their code, after it has locked what it is about; the policy is changed meanwhile. */
  const meanwhile = async (who: Person, act: () => Promise<unknown>, rule: Rule): Promise<unknown[]> => {
    const holding = await stage.platform.admin.connect()
    await holding.query('begin')
    await holding.query('select 1 from totp_factor where person_id = $1 for update', [who.personId])
    const acting = act()
    await pause(400)
    const changing = change(rule, { name: 'Renamed' })
    await pause(400)
    await holding.query('rollback')
    holding.release()
    return Promise.all([acting, changing])
  }
  const wish = async (id: GrantId) => ({ id, seconds: 600, reason: 'Slower', code: await stage.code(stage.sre) })

  test('asked for', async () => {
    const { platform, sre } = stage
    const where = await setRule({ maxSeconds: 7200 })
    const { id } = await running(where, sre)
    const input = await wish(id)
    const outcomes = await meanwhile(sre, () => platform.call(grant.extend, input, sre.caller), where.rule)
    expect(outcomes).toMatchObject([{ state: 'requested' }, { version: 2 }])
    expect(await heldBy(where.host)).toEqual([id])
  })

  test('approved', async () => {
    const { platform, sre, reviewer } = stage
    const where = await setRule({ maxSeconds: 7200 })
    const { id } = await running(where, sre)
    const asked = await platform.call(grant.extend, await wish(id), sre.caller)
    const input = { id: asked.id, requestHash: asked.requestHash, code: await stage.code(reviewer) }
    const outcomes = await meanwhile(reviewer, () => platform.call(grant.approve, input, reviewer.caller), where.rule)
    expect(outcomes).toMatchObject([{ state: 'applied' }, { version: 2 }])
    expect(await heldBy(where.host)).toEqual([id])
  })
})

describe('a policy that gives less', () => {
  const day = 86_400
  test.each<[string, Rules, object, Rules]>([
    ['fewer servers', {}, {}, { selects: { labels: ['other=yes'] } }],
    ['fewer logins', { logins: ['deploy', 'root'] }, { login: 'root' }, { logins: ['deploy'] }],
    ['less time than is left', { maxSeconds: day }, { seconds: day }, { maxSeconds: 3600 }],
    ['no forwarding', { extensions: ['permit-port-forwarding'] }, { extensions: ['permit-port-forwarding'] }, { extensions: [] }],
    ['fewer networks', {}, {}, { sourceNetworks: ['10.0.0.0/8'] }],
  ])('%s: what it would not give ends now', async (_, before, wish, after) => {
    const where = await setRule(before)
    const { id } = await running(where, stage.sre, wish)
    expect(await wouldEnd(where.rule, { name: 'Renamed' })).toMatchObject({ grants: 0, requests: 0 })
    const renamed = await change(where.rule, { name: 'Renamed' })
    expect(await heldBy(where.host)).toEqual([id])
    expect(await wouldEnd(renamed, after)).toMatchObject({ grants: 1, requests: 0 })
    await change(renamed, after)
    expect(await heldBy(where.host)).toEqual([])
    expect(await stage.read(id)).toMatchObject({
      endReason: 'not_entitled',
      decisionReason: expect.stringContaining('“Renamed” does not'),
    })
  })

  test('recorded from now on: what goes past the bastion ends', async () => {
    const { platform, founded } = stage
    const where = await setRule({})
    const { id } = await running(where, stage.sre)
    const bastion = await stage.enrolHost([], 'edge')
    await platform.arrange(founded.orgId, `update host set recorder_login = 'recorder' where id = $1`, [bastion.hostId])
    await change(where.rule, { bastionId: bastion.hostId })
    expect(await stage.read(id)).toMatchObject({ state: 'ended', endReason: 'not_entitled' })
  })

  test('or nothing any more: retired, all of it ends, as was said before', async () => {
    const { platform, founded } = stage
    const where = await setRule({})
    const { id } = await running(where, stage.sre)
    expect(await wouldEnd(where.rule, null)).toMatchObject({ grants: 1, requests: 0 })
    await platform.call(accessPolicy.retire, { id: where.rule.id, reason: 'Over' }, founded.owner)
    expect(await stage.read(id)).toMatchObject({ endReason: 'policy_retired', decisionReason: 'Over' })
    expect(await platform.refusal(accessPolicy.wouldEnd, { id: where.rule.id, rules: null }, founded.owner)).toBe(
      'access_policy_retired',
    )
  })
})

describe('who hears how many would end', () => {
  test('whoever may change the rules, of their own organisation', async () => {
    const { platform, reviewer } = stage
    const { rule } = await setRule({})
    const input = { id: rule.id, rules: null }
    expect(await platform.refusal(accessPolicy.wouldEnd, input, reviewer.caller)).toBe('forbidden')
    expect(await platform.refusal(accessPolicy.wouldEnd, input, newCaller())).toBe('unauthenticated')
    const wrong = { ...fields(rule), sourceNetworks: ['10.0.0.1/8'] }
    expect(await platform.refusal(accessPolicy.wouldEnd, { id: rule.id, rules: wrong }, stage.founded.owner)).toBe(
      'network_invalid',
    )
  })
})
