/** Samples of temporary roles in databases (C6): a registered database on a server of its own, and grants in the state that each operation needs. */
import { accessPolicy, database, grant } from '@holdfast/contract'
import { maker, startTarget } from '../../packages/server/test/database-target.ts'
import { acknowledged, ownersCodes } from './access-samples.ts'
import type { Ground } from './ground.ts'
import { each, once, unused, type Make } from './sample.ts'

type Target = Awaited<ReturnType<typeof startTarget>>
const targets = new WeakMap<Ground, Promise<Target>>()

/** One server for a whole attack; it stops with the ground. */
export const targetOf = (ground: Ground): Promise<Target> => {
  const running = targets.get(ground) ?? startTarget()
  if (!targets.has(ground)) ground.atEnd(async () => (await running).close())
  targets.set(ground, running)
  return running
}

const registration = async (ground: Ground) => {
  const { server, ca } = await targetOf(ground)
  return {
    ...{ name: `attacked-${unused()}`, environment: 'prod', address: '127.0.0.1', port: server.port, database: 'shop' },
    ...{ profiles: [{ name: 'readwrite', groupRole: 'writers' }], ...maker, authority: ca },
  }
}

export const aDatabase = async (ground: Ground) => ground.call(database.register, await registration(ground), ground.keys.owner)

/** A grant for a database, running; again after each end. */
export const aDatabaseGrant = async (ground: Ground) => {
  const { call, keys, database: rows } = ground
  await acknowledged(ground)
  const { id: databaseId } = await aDatabase(ground)
  const people = { roles: ['owner' as const, 'member' as const] }
  const rules = { name: 'Attacked', kind: 'database' as const, selects: { databaseIds: [databaseId] }, logins: ['readwrite'] }
  const { id: policyId } = await call(
    accessPolicy.create,
    { ...rules, requesters: people, approvers: { roles: ['owner', 'reviewer'] }, apiKeysMayAsk: true },
    keys.owner,
  )
  const { id } = await call(
    grant.request,
    { databaseId, policyId, login: 'readwrite', seconds: 3600, reason: 'Attacked' },
    keys.owner,
  )
  const running = async (): Promise<void> => {
    await rows.query('delete from database_role where grant_id = $1', [id])
    await rows.query('delete from grant_approval where grant_id = $1', [id])
    await rows.query(
      `insert into grant_approval (org_id, grant_id, person_id, requester_id, request_hash, at)
         select g.org_id, g.id, m.person_id, g.person_id, g.request_hash, now() from access_grant g
           join membership m on m.org_id = g.org_id and m.role = 'reviewer' where g.id = $1 limit 1`,
      [id],
    )
    await rows.query(
      `update access_grant set state = 'approved', starts_at = now() - interval '1 minute', ends_at = now() + interval '1 hour', ended_at = null,
         end_reason = null, ended_by = null, end_sequence = null where id = $1`,
      [id],
    )
  }
  /** Ended, with a role that nobody has proved gone. */
  const unproved = async (): Promise<void> => {
    await running()
    await rows.query(
      `insert into database_role (org_id, id, grant_id, database_id, name, created_at, valid_until)
         select g.org_id, 'dr_' || $2, g.id, g.database_id, 'hf_attacked_' || $2, now(), now() from access_grant g where g.id = $1`,
      [id, unused()],
    )
    await rows.query(`update access_grant set state = 'ended', end_reason = 'revoked', ended_at = now() where id = $1`, [id])
  }
  return { id, databaseId, running, unproved }
}

export const databaseSamples: Record<string, Make> = {
  'database.register': async (ground) => {
    const { name: _, ...rest } = await registration(ground)
    return each(async () => ({ name: `attacked-${unused()}` }), rest)
  },
  'database.test': async (ground) => once({ id: (await aDatabase(ground)).id }),
  'database.setAdministrator': async (ground) =>
    once({ id: (await aDatabase(ground)).id, ...maker, authority: (await targetOf(ground)).ca }),
  'database.retire': (ground) => each(async () => ({ id: (await aDatabase(ground)).id })),
  'database.read': async (ground) => once({ id: (await aDatabase(ground)).id }),
  'database.list': async (ground) => once({ search: (await aDatabase(ground)).name, state: 'active' }),
  'grant.databaseOptions': async (ground) => {
    const { databaseId } = await aDatabaseGrant(ground)
    const { name } = await ground.call(database.read, { id: databaseId }, ground.keys.owner)
    return once({ databaseId, name, after: 'a' })
  },
  'grant.databaseCredentials': async (ground) => {
    const [{ id, running }, code] = [await aDatabaseGrant(ground), await ownersCodes(ground)]
    return each(async () => (await running(), { id, code: await code() }))
  },
  'grant.abandonDatabaseRoles': async (ground) => {
    const { id, unproved } = await aDatabaseGrant(ground)
    return each(async () => (await unproved(), { id }))
  },
}
