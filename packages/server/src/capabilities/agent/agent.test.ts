/** The agents of hosts (C6): how they come in, what each sees, and who only pretends to be one. */
import { agent, AgentId, breakGlass, grant, host, HostId, obligations } from '@holdfast/contract'
import { createApiKey } from '@holdfast/crypto'
import { parsePublicKey, verifyBundle } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { callersOf, newCaller, startPlatform } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import { compose } from '../../compose.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { permit } from '../../kernel/permit.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

describe('agents', () => {
  test('an enrolment token works once, even twice at once; not an old one, a replaced one, or for a retired host', async () => {
    const { platform, founded } = stage
    const enrol = (token: string) =>
      platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '1' }, newCaller())
    const refused = (token: string) =>
      platform.refusal(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '1' }, newCaller())
    const { token, hostId } = await stage.register()
    const both = await Promise.allSettled([enrol(token), enrol(token)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await refused(token)).toBe('enrolment_refused')
    expect(await refused('x'.repeat(43))).toBe('enrolment_refused')
    const second = await platform.call(host.renewToken, { id: hostId }, founded.owner)
    const third = await platform.call(host.renewToken, { id: hostId }, founded.owner)
    expect(await refused(second.token)).toBe('enrolment_refused')
    await platform.arrange(
      founded.orgId,
      `update host_enrolment set expires_at = now() - interval '1 second' where host_id = $1`,
      [hostId],
    )
    expect(await refused(third.token)).toBe('enrolment_refused')
    const fourth = await platform.call(host.renewToken, { id: hostId }, founded.owner)
    await platform.call(host.retire, { id: hostId, reason: 'x' }, founded.owner)
    expect(await refused(fourth.token)).toBe('enrolment_refused')
    expect(
      await platform.refusal(
        agent.enrol,
        { token: (await stage.register()).token, hostPublicKey: 'x'.repeat(60), agentVersion: '1' },
        newCaller(),
      ),
    ).toBe('key_refused')
  })

  test('each sees its own host and nothing else; a retired or replaced one nothing at all', async () => {
    const { platform, founded } = stage
    const { host: a, grant: onA } = await stage.give()
    const b = await stage.enrolHost()
    const state = await platform.call(agent.state, {}, b.caller)
    expect(state.grants).toEqual([])
    expect(JSON.stringify(state)).not.toContain(onA.id)
    const at = platform.clock.now().toISOString()
    const begun = { id: 'ls_00000000000000000000000001' as never, grantId: onA.id, login: 'deploy', startedAt: at }
    expect(await platform.call(agent.report, { acknowledged: 1, sessions: [begun] }, b.caller)).toMatchObject({ ignored: 1 })
    await platform.call(agent.report, { acknowledged: 1, sessions: [begun] }, a.caller)
    const end = { id: begun.id, at, reason: 'closed' as const, survivors: 0 }
    expect(await platform.call(agent.report, { acknowledged: 1, ended: [end] }, b.caller)).toMatchObject({ ignored: 1 })
    expect((await platform.call(grant.read, { id: onA.id }, founded.owner)).sessions).toMatchObject([{ endedAt: null }])

    const { token } = await platform.call(host.renewToken, { id: a.hostId }, founded.owner)
    await platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '2' }, newCaller())
    expect(await platform.refusal(agent.state, {}, a.caller)).toBe('unauthenticated')
    await platform.call(host.retire, { id: b.hostId, reason: 'x' }, founded.owner)
    expect(await platform.refusal(agent.state, {}, b.caller)).toBe('unauthenticated')
    const forged = newCaller({ apiKey: `${a.agentKey.slice(0, -4)}AAAA` })
    expect(await platform.refusal(agent.state, {}, forged)).toBe('unauthenticated')
  })

  test('one that enrols for the first time is no change for others; one that takes another’s place is', async () => {
    const { platform, founded } = stage
    const a = await stage.enrolHost()
    const { sequence } = await platform.call(agent.state, {}, a.caller)
    const b = await stage.enrolHost()
    expect(await platform.call(agent.state, {}, b.caller)).toMatchObject({ sequence })
    const { token } = await platform.call(host.renewToken, { id: b.hostId }, founded.owner)
    await platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '2' }, newCaller())
    expect((await platform.call(agent.state, {}, a.caller)).sequence).toBe(sequence + 1)
  })

  test('nobody acknowledges what is still to come', async () => {
    const { platform, founded, sre } = stage
    const { host: web, grant: given } = await stage.give()
    await platform.call(agent.report, { acknowledged: 1_000_000 }, web.caller)
    await platform.call(grant.return, { id: given.id }, sre.caller)
    expect((await platform.call(grant.read, { id: given.id }, founded.owner)).proof).toMatchObject({ toldAt: null })
  })

  test('events: at once, at each change, and the end of the host ends them', async () => {
    const { platform, founded } = stage
    const web = await stage.enrolHost()
    const stop = new AbortController()
    const events = platform.events(agent.events, {}, web.caller, stop.signal)
    const first = (await events.next()).value as { sequence: number }
    const next = events.next()
    await stage.give(web)
    expect(((await next).value as { sequence: number }).sequence).toBeGreaterThan(first.sequence)
    const last = (async () => {
      for await (const event of events) void event
      return 'over'
    })()
    await platform.call(host.retire, { id: web.hostId, reason: 'x' }, founded.owner)
    expect(await last).toBe('over')
  })
})

describe('the last word of a retired host', () => {
  const session = (id: string) => `ls_${id.padStart(26, '0')}` as never
  const withSession = async (id: string) => {
    const { platform } = stage
    const { host: web, grant: given } = await stage.give()
    const startedAt = platform.clock.now().toISOString()
    const begun = { id: session(id), grantId: given.id, login: 'deploy', startedAt }
    await platform.call(agent.report, { acknowledged: 1, sessions: [begun] }, web.caller)
    await platform.call(host.retire, { id: web.hostId, reason: 'sold' }, stage.founded.owner)
    const proof = async () => (await platform.call(grant.read, { id: given.id }, stage.founded.owner)).proof
    const ended = { id: begun.id, at: platform.clock.now().toISOString(), reason: 'revoked' as const, survivors: 0 }
    return { web, given, proof, ended }
  }

  test('completes the proof; then its key is dead, and before it opened nothing else', async () => {
    const { platform } = stage
    const { web, proof, ended } = await withSession('101')
    expect(await platform.refusal(agent.state, {}, web.caller)).toBe('unauthenticated')
    expect(await platform.refusal(agent.renewHostCertificate, { hostPublicKey: newSshKey() }, web.caller)).toBe('unauthenticated')
    await platform.call(agent.report, { acknowledged: 1, ended: [ended] }, web.caller)
    expect(await proof()).toMatchObject({ openSessions: 0, toldAt: null, unheard: false })
    await platform.call(agent.report, { acknowledged: 1, leaving: true }, web.caller)
    expect(await proof()).toMatchObject({ openSessions: 0, survivors: 0, toldAt: expect.any(String), unheard: false })
    expect(await platform.refusal(agent.report, { acknowledged: 1 }, web.caller)).toBe('unauthenticated')
  })

  test('that does not come within a quarter of an hour is not waited for: the end stays without proof, and says so', async () => {
    const { platform } = stage
    const { web, proof, ended } = await withSession('102')
    expect(await proof()).toMatchObject({ openSessions: 1, unheard: false })
    await platform.arrange(stage.founded.orgId, `update host set retired_at = retired_at - interval '15 minutes' where id = $1`, [
      web.hostId,
    ])
    expect(await proof()).toMatchObject({ openSessions: 1, toldAt: null, unheard: true })
    expect(await platform.refusal(agent.report, { acknowledged: 1, ended: [ended], leaving: true }, web.caller)).toBe(
      'unauthenticated',
    )
  })

  test('means nothing from a host that is not retired', async () => {
    const { platform } = stage
    const { host: web, grant: given } = await stage.give()
    await platform.call(grant.return, { id: given.id }, stage.sre.caller)
    await platform.call(agent.report, { acknowledged: 0, leaving: true }, web.caller)
    expect((await platform.call(grant.read, { id: given.id }, stage.founded.owner)).proof).toMatchObject({ toldAt: null })
    expect((await platform.call(agent.state, {}, web.caller)).host.id).toBe(web.hostId)
  })

  test('is all that its key opens: without the fence it would see the state of others’ access again', () => {
    const leaving = { kind: 'agent', agentId: 'ag_x', hostId: 'ho_x', orgId: 'o', leaving: true } as never
    const now = stage.platform.clock.now()
    expect(() => permit(agent.state, leaving, now)).toThrow()
    expect(() => permit(agent.report, leaving, now)).not.toThrow()
    expect(() => permit({ ...agent.state, lastWord: true }, leaving, now)).not.toThrow() // it is this that holds
  })
})

test('a change on one node is heard on another', async () => {
  const { platform, sre } = stage
  const { host: web, grant: given } = await stage.give()
  const other = compose(platform.options)
  const node = callersOf(other)
  const events = node.events(agent.events, {}, web.caller)
  await events.next()
  const next = events.next()
  await platform.call(grant.return, { id: given.id }, sre.caller)
  const { value } = await next
  const state = await node.call(agent.state, {}, web.caller)
  expect(value).toEqual({ sequence: state.sequence })
  expect(state).toMatchObject({ grants: [], ended: [{ grantId: given.id, reason: 'returned' }] })
  await events.return(undefined)
  await other.close()
})

test('an enrolment that fails leaves nothing behind that another host could be told', async () => {
  const { platform, sre } = stage
  const { host: web, grant: given } = await stage.give()
  await stage.certificate(given.id)
  const { token } = await stage.register()
  await platform.admin.query('revoke execute on function ledger_append(jsonb) from holdfast_app')
  try {
    const enrol = { token, hostPublicKey: newSshKey(), agentVersion: '1' }
    await expect(platform.call(agent.enrol, enrol, newCaller())).rejects.toThrow()
  } finally {
    await platform.admin.query('grant execute on function ledger_append(jsonb) to holdfast_app')
  }
  // The number that the failed one counted is counted again, by this:
  await platform.call(grant.return, { id: given.id }, sre.caller)
  const { sequence, bundle } = await platform.call(agent.state, {}, web.caller)
  const trusted = web.revocationAuthorities.map((line) => parsePublicKey(line))
  const nowSeconds = Math.floor(Date.now() / 1000)
  const { krl } = verifyBundle(Buffer.from(bundle, 'base64'), {
    trusted,
    org: web.orgId,
    kind: 'user',
    minVersion: BigInt(sequence),
    nowSeconds,
  })
  expect(krl.includes(given.id)).toBe(true)
})

test('emergency access: Owners are told at once and owe a review within a day', async () => {
  const { platform, founded } = stage
  const web = await stage.enrolHost()
  const at = platform.clock.now().toISOString()
  await platform.call(agent.report, { acknowledged: 0, breakGlass: [{ at, from: '192.0.2.7', keyId: 'offline' }] }, web.caller)
  const { rows } = await platform.call(breakGlass.list, { open: 'true' }, founded.owner)
  expect(rows).toMatchObject([{ hostId: web.hostId, from: '192.0.2.7', keyId: 'offline', reviewedAt: null }])
  const [use] = rows
  if (!use) return
  const owed = await platform.call(obligations.list, { subject: use.id }, founded.owner)
  expect(owed.rows).toMatchObject([{ kind: 'break-glass.review', role: 'owner', state: 'running' }])
  expect(Date.parse(owed.rows[0]?.dueAt ?? '') - Date.parse(use.reportedAt)).toBe(86_400_000)
  const { rows: mails } = await platform.admin.query(
    `select 1 from mail where person_id = $1 and created_at > now() - interval '1 minute'`,
    [founded.personId],
  )
  expect(mails).not.toEqual([])
  const reviewed = await platform.call(breakGlass.review, { id: use.id, finding: 'The key server was down.' }, founded.owner)
  expect(reviewed).toMatchObject({ finding: 'The key server was down.', reviewedBy: founded.personId })
  expect(await platform.refusal(breakGlass.review, { id: use.id, finding: 'x' }, founded.owner)).toBe('already_reviewed')
  expect((await platform.call(obligations.list, { subject: use.id, show: 'met' }, founded.owner)).rows).toHaveLength(1)
})

test('a host of an organisation that has neither authorities nor changes yet is answered, and told of the first change', async () => {
  const platform = await startPlatform()
  try {
    const { orgId } = await platform.found()
    const [hostId, agentId] = [newIdOf(HostId, 'ho'), newIdOf(AgentId, 'ag')]
    const { key, secretHash } = createApiKey(agentId)
    await platform.arrange(
      orgId,
      `insert into host (id, name, environment, address, port, when_stale, state, agent_id, agent_secret_hash, host_public_key, created_at)
       values ($1, 'restored', 'production', 'restored', 22, 'refuse', 'enrolled', $2, $3, $4, now())`,
      [hostId, agentId, secretHash, newSshKey()],
    )
    const caller = newCaller({ apiKey: key })
    const verify = async () => {
      const { sequence, bundle } = await platform.call(agent.state, {}, caller)
      const { authorities } = await platform.services.ground.keyServer.sshAuthorities(orgId)
      const trusted = authorities.revocations.keys.map(({ publicKey }) => parsePublicKey(publicKey))
      const expected = { trusted, org: orgId, kind: 'user', minVersion: 0n, nowSeconds: Math.floor(Date.now() / 1000) } as const
      return { sequence, ...verifyBundle(Buffer.from(bundle, 'base64'), expected) }
    }
    const first = await verify()
    expect(first).toMatchObject({ sequence: 0, version: 1n })
    expect(first.authorities).toHaveLength(1)
    await platform.call(agent.report, { acknowledged: 0 }, caller)
    await platform.arrange(orgId, 'select announce_access(null)')
    expect(await verify()).toMatchObject({ sequence: 1, version: 1n })
    await platform.arrange(orgId, 'select announce_access(null)')
    expect(await verify()).toMatchObject({ sequence: 2, version: 2n })
  } finally {
    await platform.close()
  }
})
