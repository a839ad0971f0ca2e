/** C6: access to databases, against a PostgreSQL server that is not the platform's own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { access, database, grant, type InputOf } from '@holdfast/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestCertificate } from '../../../test/certificate.ts'
import { isDead, setDatabaseStage, type DatabaseStage } from '../../../test/database-stage.ts'
import { oddGroup } from '../../../test/database-target.ts'
import { withDatabase } from '../../kernel/database/connect.ts'
import { rolePrefix } from '../../kernel/database/roles.ts'
import { reconcileAll } from '../database/reconcile.ts'
import { settleRolesMissed } from './database-roles.ts'

let stage: DatabaseStage

beforeAll(async () => {
  stage = await setDatabaseStage()
}, 120_000)
afterAll(() => stage?.close())

test('asked, approved, used, revoked: backends die, the role is gone, and the proof says when', async () => {
  const got = await stage.give()
  expect(got.password).toHaveLength(43)
  const client = await stage.clientOf(got.user, got.password)
  expect((await client.query('select count(*)::int as n from customer')).rows).toEqual([{ n: 1000 }])
  await expect(client.query('insert into customer values (0)')).rejects.toThrow(/permission denied/)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await isDead(client)).toBe(true)
  expect(await stage.rolesThere()).toEqual([])
  const { databaseRoles } = await stage.read(got.id)
  expect(databaseRoles).toMatchObject([{ backendsEnded: 1, trouble: null }])
  const [proof] = databaseRoles
  const [noLogin, dead, dropped] = [proof?.noLoginAt, proof?.deadAt, proof?.droppedAt].map((at) => Date.parse(at ?? ''))
  expect(noLogin).toBeLessThanOrEqual(dead ?? 0)
  expect(dead).toBeLessThanOrEqual(dropped ?? 0)
  const { rows } = await stage.platform.admin.query(
    `select 1 from ledger where body like '%grant.database_role_ended%' and body like $1`,
    [`%${got.id}%`],
  )
  expect(rows).toHaveLength(1)
}, 30_000)

test('the password stands nowhere: no table, no entry, no verifier of ours', async () => {
  const got = await stage.give()
  for (const word of [got.password, 'maker-password']) {
    const { rows } = await stage.platform.admin.query(
      `select 1 from ledger where body like $1 union all select 1 from database_role r where r::text like $1
         union all select 1 from managed_database d where d::text like $1`,
      [`%${word}%`],
    )
    expect(rows).toEqual([])
  }
  const { rows } = await stage.root.query('select rolpassword, rolconnlimit, rolvaliduntil from pg_authid where rolname = $1', [
    got.user,
  ])
  expect(rows).toMatchObject([{ rolconnlimit: 5, rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) }])
  expect(new Date(rows[0]?.rolvaliduntil as string).toISOString()).toBe(got.endsAt)
  await stage.revoke(got.id)
  await stage.settle(got.id)
}, 30_000)

test('no SET ROLE, a password of one’s own, a held cursor, reconnecting: none outlasts the grant', async () => {
  const got = await stage.give('readwrite')
  const client = await stage.clientOf(got.user, got.password)
  await expect(client.query('set role writers')).rejects.toThrow(/permission denied/)
  await client.query(`alter role ${got.user} password 'mine-now'`)
  await client.query('begin; declare c cursor with hold for select id from customer; commit')
  await client.query('create table mine (x int)')
  const again = await stage.clientOf(got.user, 'mine-now')
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect([await isDead(client), await isDead(again)]).toEqual([true, true])
  await expect(stage.clientOf(got.user, 'mine-now')).rejects.toThrow()
  expect((await stage.root.query(`select 1 from pg_class where relname = 'mine'`)).rows).toEqual([])
}, 30_000)

test('with the fence removed: only the membership taken, a cursor goes on reading, and who changed the password comes back', async () => {
  const got = await stage.give()
  const client = await stage.clientOf(got.user, got.password)
  await client.query('begin')
  await client.query('declare c cursor with hold for select id from customer')
  await client.query('commit')
  await stage.root.query(`revoke ${pg.escapeIdentifier(oddGroup)} from ${got.user} cascade`).catch(() => undefined)
  expect((await client.query('fetch 1 from c')).rows).toHaveLength(1)
  await client.end()
  await (await stage.clientOf(got.user, got.password)).end()
  await stage.revoke(got.id)
  await stage.settle(got.id)
}, 30_000)

test('a role that was made and never written down is found and ended; one of another registration is left', async () => {
  const stranger = `hf_${'0'.repeat(26)}_${'0'.repeat(26)}`
  const orphan = `${rolePrefix(stage.db.id)}${'1'.repeat(26)}`
  const maker = await stage.clientOf('maker', 'maker-password')
  for (const role of [stranger, orphan])
    await maker.query(`create role ${role} login password 'x'; grant ${role} to current_user with inherit true`)
  const inside = await stage.clientOf(orphan, 'x')
  await reconcileAll.run(stage.context())
  expect(await stage.rolesThere()).toEqual([])
  expect(await isDead(inside)).toBe(true)
  expect((await stage.root.query('select 1 from pg_roles where rolname = $1', [stranger])).rows).toHaveLength(1)
  const { rows } = await stage.platform.admin.query(`select 1 from ledger where body like '%database.orphan_ended%'`)
  expect(rows).toHaveLength(1)
  await maker.query(`drop role ${stranger}`)
  await maker.end()
}, 30_000)

test('the server cannot be reached at the end: not proved, owed by somebody, and proved once it is back', async () => {
  const got = await stage.give()
  await stage.root.query(`alter role maker password 'changed'`)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  await stage.settle(got.id)
  const { databaseRoles } = await stage.read(got.id)
  expect(databaseRoles).toMatchObject([{ deadAt: null, droppedAt: null, trouble: expect.stringContaining('password') }])
  const owed = () =>
    stage.platform.admin.query(`select 1 from obligation_clock where kind = 'database.role-end' and subject = $1`, [got.id])
  expect((await owed()).rows).toHaveLength(1)
  await stage.root.query(`alter role maker password 'maker-password'`)
  await settleRolesMissed.run(stage.context())
  expect((await owed()).rows).toEqual([])
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([{ trouble: null, droppedAt: expect.any(String) }])
}, 30_000)

test('two nodes at once end it once', async () => {
  const got = await stage.give()
  const client = await stage.clientOf(got.user, got.password)
  await stage.revoke(got.id)
  await Promise.all([stage.settle(got.id), stage.settle(got.id)])
  await stage.settle(got.id)
  expect(await isDead(client)).toBe(true)
  expect(await stage.rolesThere()).toEqual([])
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([{ trouble: null, droppedAt: expect.any(String) }])
}, 30_000)

test('what others hang on is not taken with it: no log-in, no backend, and the rest is said', async () => {
  const got = await stage.give('readwrite')
  const client = await stage.clientOf(got.user, got.password)
  await client.query('create table base (x int); grant select on base to public')
  await stage.root.query('create view over_base as select * from base')
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await isDead(client)).toBe(true)
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([
    { deadAt: expect.any(String), droppedAt: null, trouble: expect.stringContaining('depend') },
  ])
  await stage.root.query('drop view over_base')
  await stage.settle(got.id)
  expect(await stage.rolesThere()).toEqual([])
}, 30_000)

test('wrong authority, wrong name, strong profiles, our own database, our own network: refused in words', async () => {
  const { platform, founded } = stage
  const why = async (
    more: Partial<InputOf<typeof database.register>>,
    reach = { inside: true, own: null as null | { host: string; port: number } },
  ) => {
    const before = { ...platform.services.databases }
    Object.assign(platform.services.databases, reach)
    try {
      const input = { ...stage.registration(), name: 'next', ...more }
      return await platform.call(database.register, input, founded.owner).then(
        () => 'registered',
        (error: Error & { detail?: string }) => error.detail ?? error.message,
      )
    } finally {
      Object.assign(platform.services.databases, before)
    }
  }
  const other = mkdtempSync(join(tmpdir(), 'holdfast-ca-'))
  expect(await why({ authority: (await makeTestCertificate(other)).ca })).toContain('not the one registered as its authority')
  expect(await why({ authority: null })).toContain('no authority is registered')
  rmSync(other, { recursive: true })
  expect(await why({ password: 'wrong' })).toContain('login or password')
  expect(await why({ database: 'absent' })).toContain('no database of that name')
  expect(await why({ port: 1 })).toContain('Nothing listens')
  expect(await why({ administrator: stage.server.superuser, password: stage.server.password })).toContain('superuser')
  expect(await why({ profiles: [{ name: 'x', groupRole: 'strong' }] })).toContain('too strong')
  expect(await why({ profiles: [{ name: 'x', groupRole: 'maker' }] })).toContain('too strong')
  expect(await why({ profiles: [{ name: 'x', groupRole: 'absent' }] })).toContain('no such group role')
  expect(await why({}, { inside: false, own: null })).toContain('inside our own network')
  expect(await why({}, { inside: true, own: { host: 'localhost', port: stage.server.port } })).toContain('our own database')
}, 60_000)

test('an organisation has four at once, whatever its database does', async () => {
  const target = {
    address: '127.0.0.1',
    port: stage.server.port,
    database: 'shop',
    administrator: 'maker',
    password: 'maker-password',
    ca: stage.ca,
  }
  const reach = { inside: true, own: null }
  const slow = Array.from({ length: 4 }, () => withDatabase(stage.founded.orgId, target, reach, () => sleep(500)))
  await expect(withDatabase(stage.founded.orgId, target, reach, async () => 1)).rejects.toThrow(/Too much/)
  await Promise.all(slow)
  expect(await withDatabase(stage.founded.orgId, target, reach, async () => 1)).toBe(1)
}, 30_000)

test('the approval is for this database: the row cannot be turned to another, nor a registration to mean something else', async () => {
  const asked = await stage.ask()
  const { orgId } = stage.founded
  await expect(
    stage.platform.arrange(orgId, 'update access_grant set database_id = null, host_id = $1 where id = $2', ['x', asked.id]),
  ).rejects.toThrow()
  await expect(
    stage.platform.arrange(orgId, `update managed_database set profiles = '[]' where id = $1`, [stage.db.id]),
  ).rejects.toThrow(/cannot be changed/)
  await expect(
    stage.platform.arrange(orgId, `update managed_database set address = 'x' where id = $1`, [stage.db.id]),
  ).rejects.toThrow(/cannot be changed/)
  await stage.platform.call(grant.cancel, { id: asked.id }, stage.sre.caller)
}, 30_000)

test('whoever waits for the role is told when it is there, and somebody else is not', async () => {
  const { platform, sre, other } = stage
  const stop = new AbortController()
  const listen = async (as: typeof sre.caller) => {
    const events = platform.events(access.news, {}, as, stop.signal)
    await events.next()
    const heard: string[] = []
    void (async () => {
      for await (const { about } of events) heard.push(...about)
    })()
    return heard
  }
  const { id } = await stage.approve(await stage.ask())
  const [heard, overheard] = [await listen(sre.caller), await listen(other.caller)]
  await stage.credentials(id)
  await expect.poll(() => heard).toContain('grants')
  heard.length = 0
  await stage.settle(id)
  await expect.poll(() => heard).toContain('grants')
  expect(overheard).toEqual([])
  stop.abort()
  await stage.revoke(id)
  await stage.settle(id)
})
