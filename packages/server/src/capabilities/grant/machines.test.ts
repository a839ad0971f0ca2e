/** Access of service accounts (C6): how one asks, gets in, and loses it. */
import { agent, apiKey, accessPolicy, grant, ledger, member, serviceAccount } from '@holdfast/contract'
import { parseCertificate } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setMachineStage, type MachineStage } from '../../../test/machine-stage.ts'
import { addMember, newCaller } from '../../../test/platform.ts'
import { settleAll } from './upkeep.ts'

let stage: MachineStage
beforeAll(async () => {
  stage = await setMachineStage()
}, 60_000)
afterAll(() => stage?.platform.close())

const hour = 3_600_000

describe('a service account', () => {
  test('asks without a code, is let in once a person approved, and stands by its own name everywhere', async () => {
    const { platform, founded, answering } = stage
    const robot = await stage.machine()
    const { rows } = await platform.call(grant.options, {}, robot.caller)
    expect(rows.map(({ hostId }) => hostId)).toEqual([robot.host.hostId])
    expect(rows[0]?.policies).toMatchObject([{ id: robot.rule.id, apiKeysMayAsk: true }])

    const asked = await stage.askBy(robot)
    const whose = { personId: null, serviceAccount: { id: robot.id, name: robot.name, ownerId: answering.personId } }
    expect(asked).toMatchObject({ ...whose, state: 'requested', mayApprove: false })
    const waiting = await platform.call(grant.list, { show: 'to_approve' }, stage.reviewer.caller)
    expect(waiting.rows).toMatchObject([{ id: asked.id, mayApprove: true, ...whose }])
    await stage.approve(asked)

    const { certificate } = await stage.issue(robot, asked.id)
    expect(parseCertificate(certificate).keyId).toBe(`grant:${asked.id}/user:${robot.id}`)
    const state = await platform.call(agent.state, {}, robot.host.caller)
    expect(state.grants).toMatchObject([{ id: asked.id, personId: robot.id, login: 'deploy' }])
    expect(await stage.read(asked.id)).toMatchObject({ ...whose, certificates: [{}], endedBy: null })
    const mine = await platform.call(grant.list, { show: 'mine' }, robot.caller)
    expect(mine.rows.map(({ id }) => id)).toEqual([asked.id])
    const filtered = await platform.call(grant.list, { serviceAccountId: robot.id }, founded.owner)
    expect(filtered.rows.map(({ id }) => id)).toEqual([asked.id])
    const entries = await platform.call(ledger.list, { target: asked.id }, founded.owner)
    expect(entries.rows.map(({ action, actor }) => [action, actor.name])).toEqual([
      ['grant.certificate_issued', robot.name],
      ['grant.approved', 'Rosa'],
      ['grant.requested', robot.name],
    ])
  })

  test('takes its request back, asks for more time, gives access back early', async () => {
    const { platform, reviewer } = stage
    const robot = await stage.machine()
    const first = await stage.askBy(robot)
    expect(await platform.refusal(grant.request, stage.wishOf(robot), robot.caller)).toBe('already_requested')
    expect(await platform.call(grant.cancel, { id: first.id }, robot.caller)).toMatchObject({ state: 'cancelled' })
    const running = await stage.given(robot)
    const more = await platform.call(grant.extend, { id: running.id, seconds: 600, reason: 'Slow' }, robot.caller)
    expect(more).toMatchObject({ extendsId: running.id, serviceAccount: { id: robot.id } })
    await stage.approve(more, reviewer)
    expect(Date.parse((await stage.read(running.id)).endsAt ?? '')).toBe(Date.parse(running.endsAt ?? '') + 600_000)
    const second = await stage.keyFor(robot.id) // another key of the same account
    expect(await platform.call(grant.return, { id: running.id }, second.caller)).toMatchObject({
      ...{ state: 'ended', endReason: 'returned', serviceAccount: { id: robot.id } },
    })
    expect(await stage.refusedCertificate(robot, running.id)).toBe('grant_not_live')
  })

  test('gets nothing that lasts longer than the secret that asked', async () => {
    const { platform, founded } = stage
    const robot = await stage.machine({ days: 1 }, { maxSeconds: 7 * 86_400 })
    const [{ expiresAt } = { expiresAt: '' }] = (await platform.call(serviceAccount.read, { id: robot.id }, founded.owner)).keys
    const running = await stage.given(robot, { seconds: 3 * 86_400 })
    expect(running.endsAt).toBe(expiresAt)
    const more = await platform.call(grant.extend, { id: running.id, seconds: 86_400, reason: 'x' }, robot.caller)
    await stage.approve(more)
    expect((await stage.read(running.id)).endsAt).toBe(expiresAt)
    const later = new Date(platform.clock.now().getTime() + 48 * hour).toISOString()
    const ahead = await stage.askBy(robot, { notBefore: later })
    const approval = { id: ahead.id, requestHash: ahead.requestHash, code: await stage.code(stage.reviewer) }
    expect(await platform.refusal(grant.approve, approval, stage.reviewer.caller)).toBe('not_entitled')
  })
})

describe('it ends, in the same transaction, with', () => {
  const ended = async (id: string) => {
    const { state, endReason, proof } = await stage.read(id)
    return { state, endReason, announced: proof !== null && proof.announcedAs !== null }
  }
  const accountEnded = { state: 'ended', endReason: 'account_ended', announced: true }
  const notEntitled = { state: 'ended', endReason: 'not_entitled', announced: true }

  test('the account', async () => {
    const { platform, answering } = stage
    const robot = await stage.machine()
    const running = await stage.given(robot)
    const waiting = await stage.askBy(robot)
    await platform.call(serviceAccount.disable, { id: robot.id }, answering.caller)
    expect(await ended(running.id)).toEqual(accountEnded)
    expect(await stage.read(waiting.id)).toMatchObject({ state: 'cancelled' })
  })

  test('the key that asked, and no other', async () => {
    const { platform, founded } = stage
    const robot = await stage.machine()
    const other = await stage.keyFor(robot.id)
    const running = await stage.given(robot)
    await platform.call(apiKey.revoke, { id: other.keyId }, founded.owner)
    expect(await stage.read(running.id)).toMatchObject({ state: 'approved' })
    await platform.call(apiKey.revoke, { id: robot.keyId }, founded.owner)
    expect(await ended(running.id)).toEqual(accountEnded)
  })

  test('its secret: replaced at once, or when the overlap is over', async () => {
    const { platform, founded } = stage
    const robot = await stage.machine()
    const old = await stage.given(robot)
    await platform.call(apiKey.rotate, { id: robot.keyId, overlapHours: 0 }, founded.owner)
    expect(await ended(old.id)).toEqual(accountEnded)

    const next = await stage.machine({}, { maxSeconds: 86_400 })
    const before = await stage.given(next, { seconds: 40_000 })
    const { key, oldSecretUntil } = await platform.call(apiKey.rotate, { id: next.keyId, overlapHours: 2 }, founded.owner)
    expect(await stage.read(before.id)).toMatchObject({ state: 'approved', endsAt: oldSecretUntil })
    // The old secret still asks, for no longer than it lasts; what the new one asks for stays when the old one is cut off.
    const byOld = await stage.askBy(next, { seconds: 40_000, reason: 'old' })
    expect(await stage.approve(byOld)).toMatchObject({ endsAt: oldSecretUntil })
    const byNew = await stage.given({ ...next, caller: newCaller({ apiKey: key }) }, { seconds: 40_000 })
    await platform.call(apiKey.endOverlap, { id: next.keyId }, founded.owner)
    expect(await ended(before.id)).toEqual(accountEnded)
    expect(await ended(byOld.id)).toEqual(accountEnded)
    expect(await stage.read(byNew.id)).toMatchObject({ state: 'approved', endsAt: byNew.endsAt })
  })

  test('its name in the policy, and only under that one', async () => {
    const { platform, founded, sre } = stage
    const robot = await stage.machine()
    const running = await stage.given(robot)
    const { id, version, selects, logins, approvers } = robot.rule
    const rules = { name: 'Next', selects, logins, approvers }
    const both = { roles: ['member' as const], serviceAccountIds: [robot.id] }
    const kept = await platform.call(accessPolicy.update, { id, version, ...rules, requesters: both }, founded.owner)
    expect(await stage.read(running.id)).toMatchObject({ state: 'approved' })
    const persons = await stage.approve(await stage.ask(robot.host.hostId, { policyId: id }, sre))
    const without = { id, version: kept.version, ...rules, requesters: { roles: ['member' as const] } }
    await platform.call(accessPolicy.update, without, founded.owner)
    expect(await ended(running.id)).toEqual(notEntitled)
    expect(await stage.read(persons.id)).toMatchObject({ state: 'approved' })
  })

  test('a role that may not ask', async () => {
    const { platform, founded } = stage
    const robot = await stage.machine()
    const running = await stage.given(robot)
    await platform.call(serviceAccount.update, { id: robot.id, role: 'viewer' }, founded.owner)
    expect(await ended(running.id)).toEqual(notEntitled)
  })

  test('the membership of whoever answers for it; and of whoever was shown the secret, as soon as the key runs out', async () => {
    const { platform, founded } = stage
    const owner = await stage.make('member', 'Olga')
    const robot = await stage.machine()
    await platform.call(serviceAccount.reassign, { id: robot.id, ownerId: owner.personId }, founded.owner)
    const running = await stage.given(robot)
    await platform.call(member.remove, { id: owner.personId }, founded.owner)
    expect(await ended(running.id)).toEqual(notEntitled)

    const boss = await stage.make('admin', 'Boss')
    const long = await stage.machine({}, { maxSeconds: 2_592_000 })
    const shown = await stage.keyFor(long.id, {}, await stage.stepped(boss))
    const months = await stage.given({ ...long, ...shown }, { seconds: 2_592_000 })
    await platform.call(member.remove, { id: boss.personId }, founded.owner)
    const { keys } = await platform.call(serviceAccount.read, { id: long.id }, founded.owner)
    const runsOut = keys.find(({ id }) => id === shown.keyId)?.expiresAt
    expect(Date.parse(runsOut ?? '')).toBeLessThanOrEqual(platform.clock.now().getTime() + 7 * 24 * hour)
    expect(await stage.read(months.id)).toMatchObject({ state: 'approved', endsAt: runsOut })
  })

  test('the clearance of whoever answers for it, within minutes', async () => {
    const { platform, founded } = stage
    const bare = await addMember(platform, founded, 'member', 'Bare')
    const robot = await stage.machine()
    const running = await stage.given(robot)
    await platform.call(serviceAccount.reassign, { id: robot.id, ownerId: bare.personId }, founded.owner)
    expect(await stage.refusedCertificate(robot, running.id)).toBe('not_cleared')
    await settleAll.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
    expect(await ended(running.id)).toEqual(notEntitled)
  })

  test('a manager who ends all that it has', async () => {
    const { platform, founded, sre } = stage
    const robot = await stage.machine()
    const running = await stage.given(robot)
    const reason = 'Lost'
    const both = { personId: sre.personId, serviceAccountId: robot.id, reason }
    expect(await platform.refusal(grant.revokeAllOf, both, founded.owner)).toBe('whose_needed')
    expect(await platform.refusal(grant.revokeAllOf, { reason }, founded.owner)).toBe('whose_needed')
    const all = await platform.call(grant.revokeAllOf, { serviceAccountId: robot.id, reason }, founded.owner)
    expect(all).toEqual({ personId: null, serviceAccountId: robot.id, revoked: 1, cancelled: 0 })
    expect(await ended(running.id)).toEqual({ ...accountEnded, endReason: 'revoked' })
  })
})
