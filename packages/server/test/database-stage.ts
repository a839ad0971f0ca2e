/** A registered database on a server of its own, with an organisation whose people may ask for access to it. */
import { accessPolicy, database, grant, type GrantId, type InputOf } from '@holdfast/contract'
import type pg from 'pg'
import { settleGrant } from '../src/capabilities/grant/database-roles.ts'
import { rolePrefix } from '../src/kernel/database/roles.ts'
import { setStage, type Person } from './access.ts'
import { maker, oddGroup, startTarget } from './database-target.ts'

export type DatabaseStage = Awaited<ReturnType<typeof setDatabaseStage>>

export const setDatabaseStage = async () => {
  const target = await startTarget()
  const { ca, server, root } = target
  const stage = await setStage()
  const { platform, founded, sre, admin } = stage
  const registration = (): InputOf<typeof database.register> => ({
    ...{ name: 'shop', environment: 'production', address: '127.0.0.1', port: server.port, database: 'shop' },
    profiles: [
      { name: 'readonly', groupRole: oddGroup },
      { name: 'readwrite', groupRole: 'writers' },
    ],
    ...{ ...maker, authority: ca },
  })
  const db = await platform.call(database.register, registration(), founded.owner)
  const rules = {
    ...{
      name: 'Databases',
      kind: 'database' as const,
      selects: { environments: ['production'] },
      logins: ['readonly', 'readwrite'],
    },
    ...{ requesters: { roles: ['member' as const] }, approvers: { roles: ['reviewer' as const, 'admin' as const] } },
  }
  await platform.call(accessPolicy.create, rules, founded.owner)
  const context = () => ({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
  const ask = async (login = 'readonly', seconds = 1800, who: Person = sre) =>
    platform.call(grant.request, { databaseId: db.id, login, seconds, reason: 'Look', code: await stage.code(who) }, who.caller)
  const credentials = async (id: GrantId, who: Person = sre) =>
    platform.call(grant.databaseCredentials, { id, code: await stage.code(who) }, who.caller)
  const settle = (id: GrantId) => settleGrant(context(), id)
  /** Asked, approved, and the role made. */
  const give = async (login?: string, seconds?: number, who?: Person) => {
    const { id } = await stage.approve(await ask(login, seconds, who))
    const got = await credentials(id, who)
    await settle(id)
    return got
  }
  const read = (id: GrantId) => platform.call(grant.read, { id }, admin.caller)
  const revoke = (id: GrantId) => platform.call(grant.revoke, { id, reason: 'Done' }, admin.caller)
  const rolesThere = async (): Promise<string[]> => {
    const { rows } = await root.query<{ rolname: string }>('select rolname from pg_roles where starts_with(rolname, $1)', [
      rolePrefix(db.id),
    ])
    return rows.map(({ rolname }) => rolname)
  }
  const close = async () => {
    await platform.close()
    await target.close()
  }
  return { ...target, ...stage, db, registration, context, ask, credentials, settle, give, read, revoke, rolesThere, close }
}

export const isDead = (client: pg.Client): Promise<boolean> =>
  client.query('select 1').then(
    () => false,
    () => true,
  )
