/** C6: from asking to the end, and what the agent of the host is told meanwhile. */
import { accessPolicy, agent, grant, host, member, type GrantId } from '@holdfast/contract'
import { checkCertificate, parseCertificate, parsePublicKey, principalOf, verifyBundle } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newSshKey } from '../../../test/world.ts'
import { settleAll } from './upkeep.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

type Host = Awaited<ReturnType<Stage['enrolHost']>>
const stateOf = (on: Host) => stage.platform.call(agent.state, {}, on.caller)
const bundleOf = async (on: Host) => {
  const state = await stateOf(on)
  const trusted = on.revocationAuthorities.map((line) => parsePublicKey(line))
  const nowSeconds = Math.floor(Date.now() / 1000)
  return verifyBundle(Buffer.from(state.bundle, 'base64'), {
    trusted,
    org: on.orgId,
    kind: 'user',
    minVersion: BigInt(state.sequence),
    nowSeconds,
  })
}
const read = (id: string) => stage.platform.call(grant.read, { id: id as GrantId }, stage.admin.caller)

test('asked, approved, used, revoked: each step is an entry, and the host is told', async () => {
  const { platform, sre, reviewer, founded } = stage
  const web = await stage.enrolHost()
  const before = await stateOf(web)
  expect(before).toMatchObject({
    principals: [],
    grants: [],
    ended: [],
    settings: { staleAfterSeconds: 600, whenStale: 'refuse' },
  })

  const asked = await stage.ask(web.hostId)
  expect(asked).toMatchObject({ state: 'requested', endsAt: null, reason: 'Deploy 42', mayApprove: false, approvalsNeeded: 1 })
  const { rows } = await platform.call(grant.list, { show: 'to_approve' }, reviewer.caller)
  expect(rows).toMatchObject([{ id: asked.id, mayApprove: true, requestHash: asked.requestHash }])

  const given = await stage.approve(asked)
  expect(given).toMatchObject({ state: 'approved', approvals: [{ personId: reviewer.personId }] })
  expect(Date.parse(given.endsAt ?? '') - Date.parse(given.startsAt ?? '')).toBe(1800_000)
  const open = await stateOf(web)
  expect(open.sequence).toBeGreaterThan(before.sequence)
  expect(open.grants).toMatchObject([{ id: asked.id, personId: sre.personId, login: 'deploy', endsAt: given.endsAt }])
  const principal = principalOf({ org: founded.orgId, host: web.hostId, login: 'deploy' })
  expect(open.principals).toEqual([{ login: 'deploy', lines: [`restrict,pty ${principal}`] }])

  const got = await stage.certificate(asked.id)
  const parsed = parseCertificate(got.certificate)
  const { authorities } = await bundleOf(web)
  checkCertificate(parsed, { kind: 'user', principal, authorities, nowSeconds: Math.floor(Date.now() / 1000) })
  expect(parsed).toMatchObject({
    keyId: `grant:${asked.id}/user:${sre.personId}`,
    principals: [principal],
    serial: BigInt(got.serial),
  })
  expect([...parsed.extensions.keys()]).toEqual(['permit-pty'])
  expect(parsed.validBefore - Date.now() / 1000).toBeLessThanOrEqual(900)
  expect(got.hostKeyAlias).toBe(`o:${founded.orgId}:h:${web.hostId}`)

  const session = {
    id: `ls_${'0'.repeat(25)}1` as never,
    grantId: asked.id,
    login: 'deploy',
    startedAt: new Date().toISOString(),
  }
  await platform.call(agent.report, { acknowledged: open.sequence, sessions: [session] }, web.caller)
  await platform.call(grant.revoke, { id: asked.id, reason: 'Done' }, stage.admin.caller)
  const closed = await stateOf(web)
  expect(closed).toMatchObject({ principals: [], grants: [], ended: [{ grantId: asked.id, reason: 'revoked' }] })
  const { revoked } = await bundleOf(web)
  expect(JSON.stringify(revoked, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).toContain(asked.id)
  expect((await read(asked.id)).proof).toMatchObject({
    announcedAs: closed.sequence,
    toldAt: null,
    openSessions: 1,
    deadAt: null,
  })

  const at = new Date().toISOString()
  const ended = [{ id: session.id, at, toldAt: at, reason: 'revoked' as const, survivors: 0 }]
  await platform.call(agent.report, { acknowledged: closed.sequence, ended }, web.caller)
  const { proof, sessions, decisionReason } = await read(asked.id)
  expect(proof).toMatchObject({ openSessions: 0, survivors: 0, deadAt: at, toldAt: expect.any(String) })
  expect(sessions).toMatchObject([{ endReason: 'revoked', personId: sre.personId }])
  expect(decisionReason).toBe('Done')

  const { rows: entries } = await platform.admin.query<{ action: string }>(
    `select body::jsonb ->> 'action' as action from ledger where body::jsonb -> 'target' ->> 'id' in ($1, $2) order by at_us`,
    [asked.id, web.hostId],
  )
  expect(entries.map(({ action }) => action)).toEqual([
    ...['host.registered', 'host.enrolled', 'grant.requested', 'grant.approved', 'grant.certificate_issued', 'host.reported'],
    ...['grant.revoked', 'host.reported'],
  ])
})

test('the reason, and nothing else that is free text, stands in clear in no table and no entry', async () => {
  const { platform } = stage
  const web = await stage.enrolHost()
  await stage.ask(web.hostId, { reason: 'very-private-reason' })
  const { rows } = await platform.admin.query(`select 1 from ledger where body like '%very-private-reason%'
    union all select 1 from access_grant g where g::text like '%very-private-reason%'`)
  expect(rows).toEqual([])
})

test('two approvals: both are needed, by two different people', async () => {
  const { platform, reviewer, second } = stage
  await stage.allow({ selects: { labels: ['two=yes'] }, approvals: 2 })
  const db = await stage.enrolHost(['two=yes'], 'database')
  const asked = await stage.ask(db.hostId)
  expect(await stage.approve(asked, reviewer)).toMatchObject({ state: 'requested', approvals: [{}] })
  expect((await stateOf(db)).grants).toEqual([])
  const again = { id: asked.id, requestHash: asked.requestHash, code: await stage.code(reviewer) }
  expect(await platform.refusal(grant.approve, again, reviewer.caller)).toBe('already_approved')
  expect(
    await platform.refusal(grant.certificate, { id: asked.id, publicKey: newSshKey(), code: '000000' }, stage.sre.caller),
  ).toBe('grant_not_live')
  expect(await stage.approve(asked, second)).toMatchObject({ state: 'approved', approvals: [{}, {}] })
})

test('two who approve at once: one approval each, one grant', async () => {
  const { reviewer, second } = stage
  const web = await stage.enrolHost()
  const asked = await stage.ask(web.hostId)
  const results = await Promise.allSettled([stage.approve(asked, reviewer), stage.approve(asked, second)])
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'not_requested' } })
  expect((await read(asked.id)).approvals).toHaveLength(1)
})

test('returned early, denied, taken back, lapsed', async () => {
  const { platform, sre, reviewer, founded } = stage
  const { host: web, grant: given } = await stage.give()
  expect(await platform.call(grant.return, { id: given.id }, sre.caller)).toMatchObject({ state: 'ended', endReason: 'returned' })
  expect((await stateOf(web)).grants).toEqual([])

  const denied = await stage.ask(web.hostId)
  expect(await platform.call(grant.deny, { id: denied.id, reason: 'No.' }, reviewer.caller)).toMatchObject({ state: 'denied' })
  const taken = await stage.ask(web.hostId)
  expect(await platform.call(grant.cancel, { id: taken.id }, sre.caller)).toMatchObject({ state: 'cancelled' })
  const late = await stage.ask(web.hostId)
  expect(
    await platform.refusal(
      grant.request,
      { hostId: web.hostId, login: 'deploy', seconds: 60, reason: 'x', code: '000000' },
      sre.caller,
    ),
  ).toBe('already_requested')
  await platform.admin.query(`set session_replication_role = default`)
  await platform.arrange(
    founded.orgId,
    `update access_grant set request_expires_at = now() - interval '1 minute' where id = $1`,
    [late.id],
  )
  expect(await read(late.id)).toMatchObject({ state: 'lapsed' })
  expect(await platform.refusal(grant.approve, { ...late, code: await stage.code(reviewer) }, reviewer.caller)).toBe(
    'not_requested',
  )
  expect(await stage.ask(web.hostId)).toMatchObject({ state: 'requested' }) // the old one is in nobody's way
})

test('a grant ends at its end, before anybody notes it; then it is noted, once', async () => {
  const { platform, founded } = stage
  const { host: web, grant: given } = await stage.give(undefined, { seconds: 60 })
  await stage.certificate(given.id)
  await platform.arrange(
    founded.orgId,
    `update access_grant set starts_at = starts_at - interval '1 hour', ends_at = ends_at - interval '1 hour' where id = $1`,
    [given.id],
  )
  expect(await read(given.id)).toMatchObject({ state: 'ended', endReason: 'expired' })
  expect(await stateOf(web)).toMatchObject({ grants: [], principals: [], ended: [{ grantId: given.id, reason: 'expired' }] })
  const again = { id: given.id, publicKey: newSshKey(), code: await stage.code(stage.sre) }
  expect(await platform.refusal(grant.certificate, again, stage.sre.caller)).toBe('grant_not_live')
  const context = { services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined }
  await settleAll.run(context)
  await settleAll.run(context)
  const { rows } = await platform.admin.query(
    `select 1 from ledger where body::jsonb ->> 'action' = 'grant.expired' and body::jsonb -> 'target' ->> 'id' = $1`,
    [given.id],
  )
  expect(rows).toHaveLength(1)
})

test('an extension moves the end of the grant that runs; sessions go on under it', async () => {
  const { platform, sre } = stage
  const { host: web, grant: given } = await stage.give()
  const more = { id: given.id, seconds: 900, reason: 'Not done' }
  const asked = await platform.call(grant.extend, { ...more, code: await stage.code(sre) }, sre.caller)
  expect(asked).toMatchObject({ state: 'requested', extendsId: given.id })
  expect(await platform.refusal(grant.extend, { ...more, code: await stage.code(sre) }, sre.caller)).toBe('already_requested')
  expect(await stage.approve(asked)).toMatchObject({ state: 'applied' })
  const later = await read(given.id)
  expect(Date.parse(later.endsAt ?? '')).toBe(Date.parse(given.endsAt ?? '') + 900_000)
  expect((await stateOf(web)).grants).toMatchObject([{ id: given.id, endsAt: later.endsAt }])
})

test('access for later: nothing before it begins', async () => {
  const { platform, sre } = stage
  const web = await stage.enrolHost()
  const notBefore = new Date(platform.clock.now().getTime() + 3_600_000).toISOString()
  const given = await stage.approve(await stage.ask(web.hostId, { notBefore }))
  expect(given).toMatchObject({ startsAt: notBefore })
  expect((await stateOf(web)).grants).toMatchObject([{ startsAt: notBefore }])
  const early = { id: given.id, publicKey: newSshKey(), code: await stage.code(sre) }
  expect(await platform.refusal(grant.certificate, early, sre.caller)).toBe('not_started')
})

test('everything of one person ends at once; so it does when they leave, or lose the role', async () => {
  const { platform, founded, make } = stage
  const give = async (who: Awaited<ReturnType<typeof make>>) => {
    const web = await stage.enrolHost()
    return {
      web,
      given: await stage.approve(await stage.ask(web.hostId, {}, who)),
      waiting: await stage.ask((await stage.enrolHost()).hostId, {}, who),
    }
  }
  const one = await make('member')
  const first = await give(one)
  const all = await platform.call(grant.revokeAllOf, { personId: one.personId, reason: 'Left the laptop' }, founded.owner)
  expect(all).toEqual({ personId: one.personId, serviceAccountId: null, revoked: 1, cancelled: 1 })
  expect((await stateOf(first.web)).grants).toEqual([])
  expect(await read(first.waiting.id)).toMatchObject({ state: 'cancelled' })

  const leaver = await make('member')
  const second = await give(leaver)
  await platform.call(member.remove, { id: leaver.personId }, founded.owner)
  expect(await stateOf(second.web)).toMatchObject({ grants: [], ended: [{ reason: 'not_entitled' }] })

  const demoted = await make('member')
  const third = await give(demoted)
  await platform.call(member.changeRole, { id: demoted.personId, role: 'viewer' }, founded.owner)
  expect(await read(third.given.id)).toMatchObject({ state: 'ended', endReason: 'not_entitled' })
})

test('a host that is retired, and a policy that is: their grants end', async () => {
  const { platform, founded } = stage
  const { host: web, grant: given } = await stage.give()
  await platform.call(host.retire, { id: web.hostId, reason: 'Old' }, founded.owner)
  expect(await read(given.id)).toMatchObject({ state: 'ended', endReason: 'host_retired' })
  const rule = await stage.allow({ selects: { labels: ['p=1'] } })
  const lab = await stage.enrolHost(['p=1'], 'lab')
  const second = await stage.approve(await stage.ask(lab.hostId))
  await platform.call(accessPolicy.retire, { id: rule.id, reason: 'Old' }, founded.owner)
  expect(await read(second.id)).toMatchObject({ state: 'ended', endReason: 'policy_retired' })
  expect((await stateOf(lab)).grants).toEqual([])
})
