/** Staff access as it is meant (C5): asked, agreed, entered, read with an entry, left; allowed in advance; over when it is over. */
import { accessLog, ledger, member, organisation, policy, session, staff, staffAccess } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStaffStage, type StaffStage } from '../../../test/staff.ts'
import { promises } from './promises.ts'

let stage: StaffStage
beforeAll(async () => {
  stage = await setStaffStage()
}, 60_000)
afterAll(() => stage?.platform.close())

const entriesOf = async (orgId: string, id: string) => {
  const { rows } = await stage.platform.admin.query<{ body: { action: string; actor: Record<string, string> } }>(
    `select body::json as body from ledger where org_id = $1 and body::jsonb -> 'target' ->> 'id' = $2 order by seq`,
    [orgId, id],
  )
  return rows.map(({ body }) => ({ action: body.action, type: body.actor['type'], via: body.actor['via'] }))
}

test('asked, agreed, entered, read, left: all of it stands in the customer’s ledger, and in the operator’s', async () => {
  const { platform, founded, customerOrg, sam, carla, viewer } = stage
  const asked = await stage.ask()
  expect(asked).toMatchObject({ state: 'requested', orgId: customerOrg, orgName: 'Customer Ltd', role: 'viewer', write: false })
  const { rows } = await platform.call(staffAccess.list, { show: 'open' }, viewer.caller)
  expect(rows).toMatchObject([{ id: asked.id, personName: 'Sam Staff', reason: 'Ticket 42: a policy cannot be read' }])
  await stage.approve(asked)
  const caller = await stage.enter(asked.id)

  const me = await platform.call(session.current, {}, caller)
  expect(me).toMatchObject({ organisation: { id: customerOrg, role: 'viewer', operator: false }, staff: { grantId: asked.id } })
  expect(me.permissions).not.toContain('key:own')
  expect((await platform.call(member.list, {}, caller)).rows.map(({ name }) => name)).toContain('Carla Customer')
  await platform.call(staff.leave, {}, caller)
  expect(await platform.call(session.current, {}, caller)).toMatchObject({ organisation: { id: founded.orgId }, staff: null })

  const log = await platform.call(accessLog.list, { staffGrant: asked.id }, carla.caller)
  expect(log.rows.map(({ operation }) => operation)).toEqual(['member.list', 'session.current'])
  expect(log.rows[0]).toMatchObject({ actor: { type: 'staff', id: sam.personId }, outcome: 'read', rows: null })
  const theirs = { type: 'staff', via: asked.id }
  expect(await entriesOf(customerOrg, asked.id)).toEqual([
    { action: 'staff.requested', ...theirs },
    { action: 'staff_access.approved', type: 'person', via: 'session' },
    { action: 'staff.entered', ...theirs },
    { action: 'staff.left', ...theirs },
  ])
  expect((await entriesOf(founded.orgId, asked.id)).map(({ action }) => action)).toEqual(['staff.requested', 'staff.entered'])
})

test('a read is in the log when its answer is there, without waiting for a batch', async () => {
  const { platform, customerOrg } = stage
  const { grant, caller } = await stage.inside()
  await platform.call(policy.list, {}, caller)
  const { rows } = await platform.admin.query('select operation from access_log where org_id = $1 and session = $2', [
    customerOrg,
    grant.id,
  ])
  expect(rows).toEqual([{ operation: 'policy.list' }])
})

test('a Reviewer’s reading, and changes where the customer agreed to them', async () => {
  const { platform, customerOrg } = stage
  const { caller } = await stage.inside({ role: 'reviewer', write: true, ticket: 'SUP-7' })
  expect((await platform.call(ledger.list, {}, caller)).rows.length).toBeGreaterThan(0)
  const made = await platform.call(policy.create, { title: 'Repaired', content: '# Repaired\n' }, caller)
  expect((await entriesOf(customerOrg, made.policyId))[0]).toMatchObject({ action: 'policy.created', type: 'staff' })
  expect(await platform.refusal(organisation.update, { name: 'Ours' }, caller)).toBe('forbidden')
})

test('what the customer allows in advance begins at once; what goes beyond it waits', async () => {
  const { platform, carla, sam } = stage
  const allow = { role: 'viewer' as const, maxSeconds: 3600, ticketRequired: true }
  await platform.call(staffAccess.allowAhead, allow, await stage.signedIn(carla))
  for (const beyond of [
    { seconds: 1800 },
    { ticket: 'T-1', seconds: 7200 },
    { ticket: 'T-1', role: 'reviewer' as const },
    { ticket: 'T-1', write: true },
  ]) {
    const waiting = await stage.ask(beyond)
    expect(waiting.state).toBe('requested')
    expect((await platform.call(staff.giveBack, { id: waiting.id }, sam.caller)).state).toBe('cancelled')
  }
  const given = await stage.ask({ ticket: 'T-1' })
  expect(given).toMatchObject({ state: 'live', byPolicy: true })
  const caller = await stage.enter(given.id)
  await platform.call(policy.list, {}, caller)
  expect((await platform.call(staffAccess.policy, {}, caller)).policy).toMatchObject({ maxSeconds: 3600 })
})

test('ended by the customer: the next request is refused within a second, and leaving still works', async () => {
  const { platform, carla, founded } = stage
  const { grant, caller } = await stage.inside()
  await platform.call(policy.list, {}, caller)
  const start = performance.now()
  expect(await platform.call(staffAccess.end, { id: grant.id }, carla.caller)).toMatchObject({ state: 'ended' })
  expect(await platform.refusal(policy.list, {}, caller)).toBe('staff_access_ended')
  expect(performance.now() - start).toBeLessThan(1000)
  expect(await platform.refusal(session.refresh, {}, caller)).toBe('refresh_refused')
  await platform.call(staff.leave, {}, caller)
  expect((await platform.call(session.current, {}, caller)).organisation.id).toBe(founded.orgId)
})

test('refreshing goes on as staff, by its own name', async () => {
  const { platform, customerOrg } = stage
  const { grant, caller } = await stage.inside()
  const { id } = await platform.call(session.refresh, {}, caller)
  expect(await entriesOf(customerOrg, id)).toMatchObject([{ action: 'session.refreshed', type: 'staff', via: grant.id }])
  await platform.call(policy.list, {}, caller)
})

test('C5 is kept here, and says so only as long as it is', async () => {
  const { platform, founded, otto } = stage
  const check = promises[0]?.check
  const context = { services: platform.services, orgId: founded.orgId, gate: platform.composition.path.gate } as never
  expect(await check?.(context)).toMatchObject({ kept: true, proof: expect.stringContaining('refused by the database') })
  // A read that reached no chain; then the one definition of "live" gone wrong.
  const read = `insert into access_log (org_id, id, at, actor, session, operation, permission, outcome)
    values ($1, 'al_00000000000000000000000000', now(), $2, 'sg_00000000000000000000000000', 'x.y', 'x', 'read')`
  await platform.admin.query(read, [stage.otherOrg, otto.personId])
  expect(await check?.(context)).toMatchObject({ kept: false, proof: expect.stringContaining('reads without a grant: 1') })
  await platform.admin.query('delete from access_log where org_id = $1', [stage.otherOrg])
  const { rows } = await platform.admin.query<{ code: string }>(
    `select pg_get_functiondef('staff_grant_live(uuid, text, text)'::regprocedure) as code`,
  )
  const whole = rows[0]?.code ?? ''
  await platform.admin.query(whole.replace("and g.state = 'approved' and g.ends_at > statement_timestamp()", ''))
  expect(await check?.(context)).toMatchObject({
    kept: false,
    proof: expect.stringMatching(/Admitted without a live grant: [1-9]/),
  })
  await platform.admin.query(whole)
  expect(await check?.(context)).toMatchObject({ kept: true })
})
