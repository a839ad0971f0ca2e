/** C6: however access to a database ends, it has ended; and what cannot be proved is not said to be. Each fence also with the fence removed. */
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { accessPolicy, database, grant, type GrantId } from '@holdfast/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isDead, setDatabaseStage, type DatabaseStage } from '../../../test/database-stage.ts'
import { maker } from '../../../test/database-target.ts'
import { scramVerifier } from '../../kernel/database/scram.ts'
import { createRole } from '../../kernel/database/roles.ts'
import { reconcileAll } from '../database/reconcile.ts'
import { settleRolesMissed } from './database-roles.ts'
import { settleAll } from './upkeep.ts'

let stage: DatabaseStage
beforeAll(async () => {
  stage = await setDatabaseStage()
}, 120_000)
afterAll(() => stage?.close())

const holdMaking = (client: pg.Client, role: string) => client.query('select pg_advisory_lock(hashtextextended($1, 0))', [role])
const entries = async (action: string, target: string): Promise<number> => {
  const words = [`%"${action}"%`, `%${target}%`]
  return (await stage.platform.admin.query('select 1 from ledger where body like $1 and body like $2', words)).rows.length
}
/** How the duty to prove the end ended; null while somebody owes it. */
const dutyOf = async (id: GrantId): Promise<string | null | undefined> => {
  const { rows } = await stage.platform.admin.query<{ kind: string | null }>(
    `select e.kind from obligation o left join obligation_event e on e.obligation_id = o.id and e.step = 'ended'
     where o.kind = 'database.role-end' and o.subject = $1`,
    [id],
  )
  return rows[0]?.kind
}

test('expiry: new log-ins are refused by the database itself, and the job ends those that are there', async () => {
  const got = await stage.give('readonly', 60)
  const inside = await stage.clientOf(got.user, got.password)
  stage.platform.clock.advance(61_000)
  await settleAll.run(stage.context())
  await settleRolesMissed.run(stage.context())
  expect(await isDead(inside)).toBe(true)
  expect(await stage.rolesThere()).toEqual([])
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([{ backendsEnded: 1, droppedAt: expect.any(String) }])
}, 30_000)

test('with the fence removed: NOLOGIN alone leaves who is in, ending backends alone lets them come back', async () => {
  const got = await stage.give()
  const inside = await stage.clientOf(got.user, got.password)
  await stage.root.query(`alter role ${got.user} nologin`)
  expect(await isDead(inside)).toBe(false)
  await stage.root.query(`alter role ${got.user} login`)
  await stage.root.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [got.user])
  const again = await stage.clientOf(got.user, got.password)
  expect(await isDead(again)).toBe(false)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect([await isDead(inside), await isDead(again)]).toEqual([true, true])
}, 30_000)

test('extension: the role lasts as long as the grant, whoever is in stays in', async () => {
  const got = await stage.give('readonly', 600)
  const inside = await stage.clientOf(got.user, got.password)
  const more = await stage.platform.call(
    grant.extend,
    { id: got.id, seconds: 1800, reason: 'Longer', code: await stage.code(stage.sre) },
    stage.sre.caller,
  )
  await stage.approve(more)
  await stage.settle(got.id)
  const { endsAt, databaseRoles } = await stage.read(got.id)
  expect(Date.parse(endsAt ?? '')).toBeGreaterThan(Date.parse(got.endsAt))
  expect(databaseRoles).toMatchObject([{ validUntil: endsAt }])
  const { rows } = await stage.root.query<{ until: Date }>('select rolvaliduntil as until from pg_roles where rolname = $1', [
    got.user,
  ])
  expect(rows[0]?.until.toISOString()).toBe(endsAt)
  expect(await isDead(inside)).toBe(false)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await isDead(inside)).toBe(true)
}, 30_000)

test('revoked while it is being made: it is not made', async () => {
  const { id } = await stage.approve(await stage.ask())
  const got = await stage.credentials(id)
  const holder = await stage.clientOf(maker.administrator, maker.password)
  await holdMaking(holder, got.user)
  const making = stage.settle(id)
  await sleep(300)
  await stage.revoke(id)
  await holder.end()
  await making
  expect(await stage.rolesThere()).toEqual([])
  await stage.settle(id)
  expect((await stage.read(id)).databaseRoles).toMatchObject([{ madeAt: null, droppedAt: expect.any(String) }])
}, 30_000)

test('with the fence removed: who does not ask again makes a role after its end was proved; the reconciler finds it', async () => {
  const got = await stage.give()
  await stage.revoke(got.id)
  await stage.settle(got.id)
  const client = await stage.clientOf(maker.administrator, maker.password)
  const verifier = await scramVerifier('late')
  const [profile] = stage.db.profiles
  if (!profile) throw new Error('no profile')
  const making = { role: got.user, verifier, profile, validUntil: new Date('2099-01-01') }
  expect(await createRole(client, { ...making, wanted: async () => false })).toBe(false)
  await client.query('rollback')
  expect(await createRole(client, { ...making, wanted: async () => true })).toBe(true)
  await client.end()
  const inside = await stage.clientOf(got.user, 'late')
  await reconcileAll.run(stage.context())
  expect(await isDead(inside)).toBe(true)
  expect(await stage.rolesThere()).toEqual([])
}, 30_000)

test('whoever holds the lock of making keeps no role of theirs alive', async () => {
  const got = await stage.give()
  const inside = await stage.clientOf(got.user, got.password)
  await holdMaking(inside, got.user)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await isDead(inside)).toBe(true)
  expect(await stage.rolesThere()).toEqual([])
}, 30_000)

test('a database out of reach holds up nobody: credentials are given, what is wrong is said, and the role is made once it is back', async () => {
  const { id } = await stage.approve(await stage.ask())
  await stage.root.query(`alter role maker password 'changed'`)
  const got = await stage.credentials(id)
  await stage.settle(id)
  await stage.settle(id)
  expect((await stage.read(id)).databaseRoles).toMatchObject([{ madeAt: null, trouble: expect.stringContaining('password') }])
  expect(await entries('grant.database_role_not_made', id)).toBe(1)
  await stage.root.query(`alter role maker password 'maker-password'`)
  await settleRolesMissed.run(stage.context())
  expect((await stage.read(id)).databaseRoles).toMatchObject([{ madeAt: expect.any(String), trouble: null }])
  await (await stage.clientOf(got.user, got.password)).end()
  await stage.revoke(id)
  await stage.settle(id)
}, 30_000)

test('no transaction of ours waits for somebody else’s server', async () => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const input = { ...stage.registration(), name: 'silent', port }
  const registering = stage.platform
    .outcome(database.register, input, stage.founded.owner, 'silent-1')
    .catch((error: unknown) => error)
  await sleep(1_000)
  const { rows } = await stage.platform.admin.query(
    `select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
  )
  expect(rows).toEqual([])
  expect(await registering).toMatchObject({ code: 'database_trouble' })
  silent.close()
}, 30_000)

test('given up: shown as not proved, the deadline as not met; and proved after all when the database is back', async () => {
  const got = await stage.give()
  const inside = await stage.clientOf(got.user, got.password)
  await stage.root.query(`alter role maker password 'changed'`)
  await stage.revoke(got.id)
  await stage.settle(got.id)
  expect(await dutyOf(got.id)).toBeNull()
  const byAdmin = await stage.stepped(stage.admin)
  await stage.platform.call(grant.abandonDatabaseRoles, { id: got.id, reason: 'The machine is gone' }, byAdmin)
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([
    { abandonedAt: expect.any(String), deadAt: null, droppedAt: null },
  ])
  expect(await stage.platform.call(database.read, { id: stage.db.id }, stage.admin.caller)).toMatchObject({
    openRoles: 0,
    unprovedRoles: 1,
  })
  expect(await dutyOf(got.id)).toBe('withdrawn')
  expect(await isDead(inside)).toBe(false)
  await stage.root.query(`alter role maker password 'maker-password'`)
  await reconcileAll.run(stage.context())
  expect(await isDead(inside)).toBe(true)
  expect((await stage.read(got.id)).databaseRoles).toMatchObject([{ droppedAt: expect.any(String) }])
}, 30_000)

test('a certificate for another name is refused; with the fence removed it is not', async () => {
  const { platform, founded, ca, server } = stage
  // The same server under an address that its certificate does not name.
  const elsewhere = createServer((socket) => {
    const onwards = connect(server.port, '127.0.0.1')
    for (const [from, to] of [
      [socket, onwards],
      [onwards, socket],
    ] as const)
      from.on('error', () => to.destroy()).pipe(to)
  })
  await new Promise<void>((resolve) => void elsewhere.listen(server.port, '127.0.0.2', resolve))
  const input = { ...stage.registration(), name: 'other-name', address: '127.0.0.2' }
  await expect(platform.call(database.register, input, founded.owner)).rejects.toMatchObject({
    extras: { detail: expect.stringContaining('for another name') },
  })
  const bare = new pg.Client({
    ...{ host: '127.0.0.2', port: server.port, database: 'shop', user: maker.administrator, password: maker.password },
    ssl: { ca, checkServerIdentity: () => undefined },
  })
  await bare.connect()
  await bare.end()
  elsewhere.close()
}, 30_000)

test('retired: grants end, roles go, and the administrator’s password is erased with the last of them', async () => {
  const got = await stage.give()
  const inside = await stage.clientOf(got.user, got.password)
  await stage.platform.call(database.retire, { id: stage.db.id, reason: 'Moved' }, stage.founded.owner)
  const password = async (): Promise<boolean> => {
    const { rows } = await stage.platform.admin.query(
      'select password_sealed is not null as kept from managed_database where id = $1',
      [stage.db.id],
    )
    return rows[0]?.kept as boolean
  }
  await stage.root.query(`alter role maker password 'changed'`)
  await reconcileAll.run(stage.context())
  expect(await password()).toBe(true)
  await stage.root.query(`alter role maker password 'maker-password'`)
  await stage.settle(got.id)
  expect(await isDead(inside)).toBe(true)
  await reconcileAll.run(stage.context())
  expect(await password()).toBe(false)
  expect(await entries('database.password_forgotten', stage.db.id)).toBe(1)
  expect((await stage.read(got.id)).endReason).toBe('database_retired')
  await expect(
    stage.platform.call(database.setAdministrator, { id: stage.db.id, ...maker, authority: stage.ca }, stage.founded.owner),
  ).rejects.toMatchObject({
    code: 'database_retired',
  })
  await expect(
    stage.platform.call(
      grant.request,
      { databaseId: stage.db.id, login: 'readonly', seconds: 600, reason: 'x', code: await stage.code(stage.sre) },
      stage.sre.caller,
    ),
  ).rejects.toMatchObject({ code: 'database_retired' })
}, 40_000)

test('a rule for databases says nothing that only servers hold to', async () => {
  const rules = { name: 'Odd', kind: 'database' as const, selects: { environments: ['production'] }, logins: ['readonly'] }
  const people = { requesters: { roles: ['member' as const] }, approvers: { roles: ['admin' as const] } }
  for (const more of [{ extensions: ['permit-port-forwarding' as const] }, { sourceNetworks: ['10.0.0.0/8'] }])
    await expect(
      stage.platform.call(accessPolicy.create, { ...rules, ...people, ...more }, stage.founded.owner),
    ).rejects.toMatchObject({
      code: 'kind_mismatch',
    })
})
