/** The guide (docs/operations/database-access.md), as it stands there: what it has an operator run, once to begin and once to leave. */
import { readFileSync } from 'node:fs'
import { accessPolicy, database, grant } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isDead, setDatabaseStage, type DatabaseStage } from '../../../test/database-stage.ts'
import { settleGrant } from '../grant/database-roles.ts'
import { reconcileAll } from './reconcile.ts'

const guide = readFileSync(new URL('../../../../../docs/operations/database-access.md', import.meta.url), 'utf8')
const [begin = '', leave = ''] = [...guide.matchAll(/```sql\n([^]*?)```/g)].map(([, sql = '']) => sql)

let stage: DatabaseStage
beforeAll(async () => {
  stage = await setDatabaseStage()
}, 120_000)
afterAll(() => stage?.close())

test('set up by the guide, used, and taken off again: nothing of it is left', async () => {
  const { root, platform, founded, sre, server, ca } = stage
  await root.query(
    'create role shop_owner; grant create on schema public to shop_owner; set role shop_owner; create table stock as select 1 as n; reset role',
  )
  await root.query(begin)
  await root.query('set role shop_owner; create table made_later as select 2 as n; reset role')

  const password = /password '([^']+)'/.exec(begin)?.[1] ?? ''
  const place = { environment: 'test', address: '127.0.0.1', port: server.port, database: 'shop', authority: ca }
  const profiles = [{ name: 'readonly', groupRole: 'shop_readers' }]
  const registration = { name: 'guide', ...place, administrator: 'holdfast', password, profiles }
  const { id, trouble } = await platform.call(database.register, registration, founded.owner)
  expect(trouble).toBeNull()
  const people = { requesters: { roles: ['member' as const] }, approvers: { roles: ['reviewer' as const] } }
  const rules = { name: 'Guide', kind: 'database' as const, selects: { databaseIds: [id] }, logins: ['readonly'], ...people }
  await platform.call(accessPolicy.create, rules, founded.owner)

  const wanted = { databaseId: id, login: 'readonly', seconds: 600, reason: 'Trial' }
  const asked = await platform.call(grant.request, { ...wanted, code: await stage.code(sre) }, sre.caller)
  await stage.approve(asked)
  const given = await stage.credentials(asked.id)
  await settleGrant(stage.context(), asked.id)
  const inside = await stage.clientOf(given.user, given.password)
  expect((await inside.query('select stock.n + made_later.n as n from stock, made_later')).rows).toEqual([{ n: 3 }])
  await expect(inside.query('insert into stock values (2)')).rejects.toThrow(/permission denied/)

  await platform.call(database.retire, { id, reason: 'Trial is over' }, founded.owner)
  await settleGrant(stage.context(), asked.id)
  expect(await isDead(inside)).toBe(true)
  await reconcileAll.run(stage.context())
  expect(await platform.call(database.read, { id }, founded.owner)).toMatchObject({ state: 'retired', openRoles: 0 })
  await root.query(leave)
  const left = `select rolname from pg_roles where rolname in ('holdfast', 'shop_readers') or starts_with(rolname, 'hf_')`
  expect((await root.query(left)).rows).toEqual([])
}, 60_000)
