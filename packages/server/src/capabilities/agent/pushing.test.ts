/** The state that is sent along with the news of a change, and acknowledgements that come together: who gets what, and who does not any more. */
import { agent, grant, host, sshAuthority, type EventOf } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newCaller } from '../../../test/platform.ts'
import { makeOrganisation, newSshKey } from '../../../test/world.ts'
import { readIn } from '../../kernel/unit.ts'
import { sharedBundle } from './bundles.ts'
import { stateToPush } from './pushing.ts'
import { acknowledgeWithin, longestPushed } from './rules.ts'
import { agentStateOf } from './state.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

type Enrolled = Awaited<ReturnType<Stage['enrolHost']>>
type News = EventOf<typeof agent.events>

const agentOf = ({ agentKey }: Enrolled) => /^hf_(ag_[^.]+)/.exec(agentKey)?.[1] as never
const pushedTo = (web: Enrolled) => stateToPush(stage.platform.services, stage.founded.orgId, agentOf(web))
const listen = async (web: Enrolled, input: { state?: 'along' }) => {
  const events = stage.platform.events(agent.events, input, web.caller)
  const next = async () => (await events.next()).value as News
  return { next, first: await next(), stop: () => events.return(undefined) }
}

test('whoever wants it gets with the news what they would be answered, and nothing of another host', async () => {
  const { platform, sre } = stage
  const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
  const { grant: given } = await stage.give(a)
  const [along, beside, sparing] = [
    await listen(a, { state: 'along' }),
    await listen(b, { state: 'along' }),
    await listen(await stage.enrolHost(), {}),
  ]
  expect(along.first).toEqual({ sequence: expect.any(Number) }) // whoever has just come asks
  const told = Promise.all([along.next(), beside.next(), sparing.next()])
  await platform.call(grant.return, { id: given.id }, sre.caller)
  const [toA, toB, number] = await told
  const answered = await platform.call(agent.state, {}, a.caller)
  expect(toA.state).toEqual({ ...answered, now: expect.any(String) })
  expect(toA.state).toMatchObject({ grants: [], ended: [{ grantId: given.id, reason: 'returned' }] })
  expect(toA.acknowledgeWithinMs).toBe(acknowledgeWithin(3))
  expect(toB.state).toMatchObject({ host: { id: b.hostId }, grants: [], ended: [], sequence: answered.sequence })
  expect(number).toEqual({ sequence: answered.sequence })
  for (const { stop } of [along, beside, sparing]) await stop()
})

test('a retired host, a replaced agent, one of another organisation: not sent anything, by the statement that reads', async () => {
  const { platform, founded } = stage
  const [a, b, gone] = [await stage.enrolHost(), await stage.enrolHost(), await stage.enrolHost()]
  const { token } = await platform.call(host.renewToken, { id: b.hostId }, founded.owner)
  await platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '2' }, newCaller())
  await platform.call(host.retire, { id: gone.hostId, reason: 'x' }, founded.owner)
  const others = await makeOrganisation(platform, 'Other Ltd')
  // All in one statement, as on a wave.
  const [toA, toB, toGone, across] = await Promise.all([
    ...[a, b, gone].map(pushedTo),
    stateToPush(platform.services, others, agentOf(a)),
  ])
  expect(toA?.state.host.id).toBe(a.hostId)
  expect([toB, toGone, across]).toEqual([undefined, undefined, undefined])
  // It is this that holds: by the host alone there is something to read.
  const { ground } = platform.services
  const byHost = (id: typeof gone.hostId) =>
    readIn(ground, founded.orgId, null, ({ tx }) => agentStateOf({ ground }, tx, id, platform.clock.now(), sharedBundle))
  expect((await byHost(gone.hostId)).host.id).toBe(gone.hostId)
  expect((await byHost(b.hostId)).host.id).toBe(b.hostId)
})

test('a long list is not sent unasked', async () => {
  const { platform, founded, sre } = stage
  const { host: web, grant: given } = await stage.give()
  await stage.certificate(given.id)
  // Past the ledger, which would hold thousands of entries for it.
  const aside = (sql: string) => platform.admin.query(`begin; set local session_replication_role = replica; ${sql}; commit`)
  await aside(`insert into grant_certificate (org_id, serial, grant_id, key_fingerprint, issued_at, valid_before)
    select '${founded.orgId}', n::bigint * 1000000007, '${given.id}', 'x', now(), now() + interval '10 minutes' from generate_series(1, 5000) n`)
  await platform.call(grant.return, { id: given.id }, sre.caller)
  expect((await platform.call(agent.state, {}, web.caller)).bundle.length).toBeGreaterThan(longestPushed)
  expect(await pushedTo(web)).toBeUndefined()
  await aside(`delete from grant_certificate where grant_id = '${given.id}'`)
  await platform.arrange(founded.orgId, 'select announce_access(null)')
  expect((await pushedTo(web))?.state.host.id).toBe(web.hostId)
})

const seqOf = async () => {
  const { rows } = await stage.platform.admin.query('select max(seq)::int n from ledger where org_id = $1', [stage.founded.orgId])
  return Number(rows[0]?.n)
}
const report = (web: Enrolled, acknowledged: number) => stage.platform.call(agent.report, { acknowledged }, web.caller)

test('acknowledgements of many hosts at once are all written, without an entry; none of what is still to come', async () => {
  const { platform, founded } = stage
  const fleet = await Promise.all(Array.from({ length: 12 }, () => stage.enrolHost()))
  await platform.arrange(founded.orgId, 'select announce_access(null)')
  const { sequence } = await platform.call(agent.state, {}, fleet[0]?.caller ?? newCaller())
  const before = await seqOf()
  await Promise.all(fleet.map((web, index) => report(web, index === 0 ? sequence - 1 : sequence + index - 1)))
  const { rows } = await platform.admin.query<{ id: string; n: string }>(
    'select id, acknowledged n from host where id = any($1)',
    [fleet.map(({ hostId }) => hostId)],
  )
  const known = new Map(rows.map(({ id, n }) => [id, Number(n)]))
  expect(fleet.map(({ hostId }) => known.get(hostId))).toEqual(fleet.map((_, index) => (index === 0 ? sequence - 1 : sequence)))
  expect(await seqOf()).toBe(before)
})

test('whoever is told of an end by it says more than that: the proof has its time, its entry', async () => {
  const { platform, founded, sre } = stage
  const { host: web, grant: given } = await stage.give()
  const other = await stage.enrolHost()
  await platform.call(grant.return, { id: given.id }, sre.caller)
  const { sequence } = await platform.call(agent.state, {}, web.caller)
  const before = await seqOf()
  await Promise.all([report(web, sequence), report(other, sequence)])
  expect((await platform.call(grant.read, { id: given.id }, founded.owner)).proof?.toldAt).toEqual(expect.any(String))
  expect(await seqOf()).toBe(before + 1)
})

test('a host that was retired acknowledges nothing by it; while a key is changed, somebody looks after each', async () => {
  const { platform, founded, admin } = stage
  const [web, gone] = [await stage.enrolHost(), await stage.enrolHost()]
  await platform.call(host.retire, { id: gone.hostId, reason: 'x' }, founded.owner)
  const { sequence } = await platform.call(agent.state, {}, web.caller)
  const jobs = async () =>
    (await platform.admin.query(`select 1 from graphile_worker.jobs where key like '%:sshAuthority.advance now %'`)).rowCount
  expect(await jobs()).toBe(0)
  await platform.call(sshAuthority.rotate, { purpose: 'user' }, await stage.stepped(admin))
  await report(web, sequence)
  expect(await jobs()).toBe(1)
})
