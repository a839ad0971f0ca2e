/** A server that never says that it knows of an end of access: shown as not proved, owed, breached, escalated; by the clock of the test. */
import { agent, apiKey, grant, host, obligations } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newCaller, type Caller } from '../../../test/platform.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { watchEnds } from './upkeep.ts'

let stage: Stage
/** Outlives the sessions, which end while time is moved. */
let program: Caller
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
  const { key } = await stage.platform.call(apiKey.create, { name: 'k', role: 'reviewer' }, await stage.stepped(stage.admin))
  program = newCaller({ apiKey: key })
}, 60_000)
afterAll(() => stage?.platform.close())

const look = async () => {
  const { platform, founded } = stage
  await watchEnds.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
  await runDue(platform.services, founded.orgId)
}
const owed = async () =>
  (await stage.platform.call(obligations.list, {}, program)).rows.filter(({ kind }) => kind === 'host.knows-ends')
const later = async (minutes: number, work: () => Promise<void>) => {
  stage.platform.clock.advance(minutes * 60_000)
  try {
    await work()
  } finally {
    stage.platform.clock.advance(-minutes * 60_000)
  }
}
const mails = async (): Promise<number> => {
  const { rows } = await stage.platform.admin.query<{ n: number }>('select count(*)::int n from mail')
  return Number(rows[0]?.n)
}

test('a server that is silent about an end owes it from the first look; the Owner hears when its time is over; its word ends it', async () => {
  const { platform, sre } = stage
  const { host: web, grant: given } = await stage.give()
  const heard = await stage.give()
  for (const { id } of [given, heard.grant]) await platform.call(grant.return, { id }, sre.caller)
  const { sequence } = await platform.call(agent.state, {}, heard.host.caller)
  await platform.call(agent.report, { acknowledged: sequence }, heard.host.caller)
  await look()
  expect(await owed()).toEqual([])
  await later(6, async () => {
    await look()
    await look()
    expect(await owed()).toMatchObject([{ subject: web.hostId, late: false }])
  })
  const before = await mails()
  await later(16, async () => {
    await look()
    const [row] = await owed()
    expect(row).toMatchObject({ subject: web.hostId, late: true })
    const { events } = await platform.call(obligations.read, { id: row?.id as never }, program)
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['opened', 'breached', 'escalated']))
    expect(await mails()).toBeGreaterThan(before)
    expect((await platform.call(grant.read, { id: given.id }, program)).proof).toMatchObject({ toldAt: null })
  })
  await platform.call(agent.report, { acknowledged: sequence }, web.caller)
  expect(await owed()).toEqual([])
  expect((await platform.call(grant.read, { id: given.id }, program)).proof?.toldAt).not.toBeNull()
})

test('a server that is retired owes nothing more, and its ends stay without proof', async () => {
  const { platform, sre } = stage
  const { host: web, grant: given } = await stage.give()
  await platform.call(grant.return, { id: given.id }, sre.caller)
  await later(6, look)
  expect(await owed()).toHaveLength(1)
  await platform.call(host.retire, { id: web.hostId, reason: 'lost' }, await stage.stepped(stage.admin))
  expect(await owed()).toEqual([])
  await later(30, async () => {
    await look()
    expect(await owed()).toEqual([])
    expect((await platform.call(grant.read, { id: given.id }, program)).proof).toMatchObject({ toldAt: null })
  })
})

test('changes that keep coming make a server no less late, also after the hour for which each is kept', async () => {
  const { platform, founded } = stage
  const web = await stage.enrolHost()
  const know = async () => {
    const { sequence } = await platform.call(agent.state, {}, web.caller)
    await platform.call(agent.report, { acknowledged: sequence }, web.caller)
  }
  const standing = async () => (await platform.call(host.read, { id: web.hostId }, founded.owner)).standing
  const change = () => platform.arrange(founded.orgId, 'select announce_access(null)')
  const kept = async () =>
    (await platform.admin.query('select from access_change where org_id = $1', [founded.orgId])).rowCount ?? 0
  await know()
  expect(await standing()).toBe('current')
  await change()
  expect(await standing()).toBe('catching_up')
  for (const age of ['11 seconds', '2 hours']) {
    await platform.arrange(founded.orgId, `update access_change set changed_at = changed_at - $1::interval`, [age])
    await change()
    await change()
    expect(await standing()).toBe('behind')
  }
  expect(await kept()).toBe(3)
  await know()
  expect(await standing()).toBe('current')
})
