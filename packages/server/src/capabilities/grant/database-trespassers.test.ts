/** C6: what somebody with access to a database does to keep it, to get more of it, or to get it another way. */
import { setTimeout as sleep } from 'node:timers/promises'
import { accessPolicy, grant, member } from '@holdfast/contract'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isDead, setDatabaseStage, type DatabaseStage } from '../../../test/database-stage.ts'

let stage: DatabaseStage
beforeAll(async () => {
  stage = await setDatabaseStage()
}, 120_000)
afterAll(() => stage?.close())

test('more time, more rights, other people’s roles: a role cannot give itself any of it', async () => {
  const got = await stage.give('readwrite')
  const client = await stage.clientOf(got.user, got.password)
  await stage.root.query('create role colleague login')
  for (const attempt of [
    `alter role ${got.user} valid until 'infinity'`,
    `alter role ${got.user} connection limit 1000`,
    `alter role ${got.user} createrole`,
    `alter role ${got.user} rename to quiet`,
    `grant writers to colleague`,
    `grant ${got.user} to colleague`,
    `create role another login in role writers`,
    `set role maker`,
    `set session authorization maker`,
    `alter role maker password 'mine'`,
    `select pg_read_file('/etc/passwd')`,
    `copy customer to program 'id'`,
  ])
    await expect(client.query(attempt), attempt).rejects.toThrow(/permission denied|must be|only roles|cannot/i)
  await client.query('grant insert on customer to colleague') // without the right to give it on, a warning is all that happens
  const { rows } = await stage.root.query(`select has_table_privilege('colleague', 'customer', 'insert') as may`)
  expect(rows).toEqual([{ may: false }])
  await stage.root.query('drop role colleague')
  await stage.revoke(got.id)
  await stage.settle(got.id)
}, 30_000)

test('with the fences removed: with ADMIN others are let in meanwhile, with SET what was made stays, with CREATEROLE a log-in is left', async () => {
  const got = await stage.give('readwrite')
  const { root } = stage
  await root.query(
    `create role colleague login; grant writers to ${got.user} with admin true, set true; alter role ${got.user} createrole`,
  )
  const client = await stage.clientOf(got.user, got.password)
  await client.query('grant writers to colleague; create role left_behind login')
  await client.query('set role writers; create table left_there (x int); reset role')
  const look = async () => {
    const { rows } = await root.query(
      `select pg_has_role('colleague', 'writers', 'usage') as let_in, to_regclass('left_there') is not null as stays,
         (select rolcanlogin from pg_roles where rolname = 'left_behind') as may_log_in`,
    )
    return rows
  }
  expect(await look()).toEqual([{ let_in: true, stays: true, may_log_in: true }])
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await isDead(client)).toBe(true)
  expect(await look()).toEqual([{ let_in: false, stays: true, may_log_in: true }])
  await root.query('drop table left_there; drop role left_behind; drop role colleague')
  expect(await stage.rolesThere()).toEqual([])
}, 30_000)

test('logging in again and again while it is revoked: none of it is left', async () => {
  const got = await stage.give()
  const open: pg.Client[] = []
  let over = false
  const hammer = async (): Promise<void> => {
    while (!over) {
      const client = await stage.clientOf(got.user, got.password).catch(() => null)
      if (!client) await sleep(1)
      else if ((await isDead(client)) || open.length > 60) await client.end()
      else open.push(client)
    }
  }
  const hammering = Array.from({ length: 5 }, hammer)
  await sleep(300)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  over = true
  await Promise.all(hammering)
  expect(open.length).toBeGreaterThan(0)
  expect(await Promise.all(open.map(isDead))).toEqual(open.map(() => true))
  expect((await stage.root.query('select 1 from pg_stat_activity where usename = $1', [got.user])).rows).toEqual([])
  expect(await stage.rolesThere()).toEqual([])
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([{ trouble: null, droppedAt: expect.any(String) }])
}, 40_000)

test('a connection of its own to another database of the server ends as well', async () => {
  const got = await stage.give()
  const elsewhere = await stage.clientOf(got.user, got.password, 'postgres')
  // With the fence removed: who ends the connections to the registered database alone leaves this one.
  await stage.root.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = current_database()',
    [got.user],
  )
  expect(await isDead(elsewhere)).toBe(false)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await isDead(elsewhere)).toBe(true)
}, 30_000)

test('a statement without limit, and a session that must never be idle: settings of a role are its own to change, its end is not', async () => {
  const got = await stage.give()
  const client = await stage.clientOf(got.user, got.password)
  await client.query('set statement_timeout = 0; set idle_session_timeout = 0; set client_min_messages = error')
  const forever = client.query('select pg_sleep(600)').then(
    () => 'went on',
    () => 'ended',
  )
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await forever).toBe('ended')
}, 30_000)

test('credentials of a grant that is not one’s own, not approved, approved for another, or whose approver lost the role', async () => {
  const { platform } = stage
  const refusal = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'given',
      (error: { code?: string }) => error.code ?? 'no code',
    )
  const asked = await stage.ask()
  expect(await refusal(stage.credentials(asked.id))).toBe('grant_not_live')
  const roles = { roles: ['reviewer' as const] }
  const rules = { name: 'Each other', kind: 'database' as const, selects: { databaseIds: [stage.db.id] }, logins: ['readonly'] }
  await platform.call(accessPolicy.create, { ...rules, requesters: roles, approvers: roles }, stage.founded.owner)
  const own = await stage.ask('readonly', 1800, stage.reviewer)
  expect(await refusal(stage.approve(own, stage.reviewer))).toBe('own_request')
  expect(await refusal(stage.approve({ ...asked, requestHash: 'f'.repeat(64) }))).toBe('request_changed')
  await stage.approve(asked)
  expect(await refusal(stage.approve(asked, stage.second))).toBe('not_requested')
  expect(await refusal(stage.credentials(asked.id, stage.other))).toBe('not_yours')
  // A code that was used for something else is used up.
  const code = await stage.code(stage.sre)
  const use = { databaseId: stage.db.id, login: 'readwrite', seconds: 600, reason: 'Look', code }
  const next = await platform.call(grant.request, use, stage.sre.caller)
  expect
    .soft(await refusal(platform.call(grant.databaseCredentials, { id: asked.id, code }, stage.sre.caller)))
    .toBe('code_refused')
  await stage.approve(next)
  await platform.call(member.changeRole, { id: stage.reviewer.personId, role: 'viewer' }, stage.founded.owner)
  expect(await refusal(stage.credentials(next.id))).toBe('approver_not_entitled')
  await platform.call(member.changeRole, { id: stage.reviewer.personId, role: 'reviewer' }, stage.founded.owner)
  for (const { id } of [asked, next]) {
    await refusal(stage.revoke(id))
    await stage.settle(id)
  }
  expect(await stage.rolesThere()).toEqual([])
}, 40_000)
