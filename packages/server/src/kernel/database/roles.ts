import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseId, DatabaseProfile, DatabaseRoleId } from '@holdfast/contract'
import pg from 'pg'
import type { z } from 'zod'
import type { Within } from './connect.ts'
import { DatabaseTrouble, troubleOf } from './trouble.ts'

const { escapeIdentifier: name, escapeLiteral: literal } = pg
export type Profile = z.infer<typeof DatabaseProfile>

/** What roles of one registration begin with: others who work in the same server have other names, and are left alone. */
export const rolePrefix = (database: DatabaseId): string => `hf_${database.slice(3)}_`
export const roleNameOf = (database: DatabaseId, role: z.infer<typeof DatabaseRoleId>): string =>
  `${rolePrefix(database)}${role.slice(3)}`

/** What no profile may come with, however many roles it goes through. */
const dangerous = `r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls or r.rolname = current_user
  or r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend', 'pg_maintain',
    'pg_database_owner', 'pg_create_subscription', 'pg_checkpoint')`

/** Throws {@link DatabaseTrouble} with what to do unless the profile's group role can be given and gives nothing that outlives or ends a grant. */
export const checkProfile = async (client: pg.Client, { name: profile, groupRole, owned }: Profile): Promise<void> => {
  const { rows } = await client.query<{ mine: boolean; uses: boolean; strong: string | null }>(
    `select pg_has_role(g.oid, 'MEMBER WITH ADMIN OPTION') as mine, pg_has_role(g.oid, 'USAGE') as uses,
       (select min(r.rolname) from pg_roles r where pg_has_role(g.oid, r.oid, 'MEMBER') and (${dangerous})) as strong
     from pg_roles g where g.rolname = $1`,
    [groupRole],
  )
  const [found] = rows
  if (!found) throw new DatabaseTrouble(`Profile ${profile}: there is no such group role. Create it there first.`)
  if (found.strong !== null)
    throw new DatabaseTrouble(
      `Profile ${profile}: its group role is, or is in, a role that is too strong (superuser, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS, the server’s files or programs, the administrator).`,
    )
  if (!found.mine)
    throw new DatabaseTrouble(
      `Profile ${profile}: the administrator may not give its group role. Run there: GRANT … TO … WITH ADMIN OPTION.`,
    )
  if (owned === 'leave' && !found.uses)
    throw new DatabaseTrouble(
      `Profile ${profile}: to leave things to its group role, the administrator must be in it with INHERIT.`,
    )
}

/** Everything that the registration needs of the server. */
export const checkDatabase = async (client: pg.Client, profiles: readonly Profile[]): Promise<void> => {
  const { rows } = await client.query<{ version: number; rolsuper: boolean; rolcreaterole: boolean }>(
    `select current_setting('server_version_num')::int as version, rolsuper, rolcreaterole from pg_roles where rolname = current_user`,
  )
  const [me] = rows
  if (!me || me.version < 160_000) throw new DatabaseTrouble('PostgreSQL 16 or later is needed.')
  if (me.rolsuper) throw new DatabaseTrouble('The administrator is a superuser. Register a login with CREATEROLE alone.')
  if (!me.rolcreaterole) throw new DatabaseTrouble('The administrator lacks CREATEROLE. Run there: ALTER ROLE … CREATEROLE.')
  for (const profile of profiles) await checkProfile(client, profile)
}

export interface NewRole {
  role: string
  /** SCRAM; the server never sees the password. */
  verifier: string
  profile: Profile
  validUntil: Date
  /** Asked with the lock held: whether the grant still runs. */
  wanted: () => Promise<boolean>
}

const oidOf = async (client: pg.Client, role: string): Promise<number | null> => {
  const { rows } = await client.query<{ oid: number }>('select oid from pg_roles where rolname = $1', [role])
  return rows[0]?.oid ?? null
}

/**
 * Until the end of the transaction nobody else makes this role. Anybody in that database could hold the same lock: that keeps a role from being made,
 * and an end from being called proved, and never a role alive.
 */
const lockMaking = (client: pg.Client, role: string) =>
  client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [role])

/**
 * Makes the role, wholly or not at all; one that is there already is left as it is. False when it is not wanted any more. It is in the group without
 * SET: what it makes is its own, and goes with it. The administrator joins it, for ending its backends and dropping what it made needs that.
 */
export const createRole = async (client: pg.Client, making: NewRole): Promise<boolean> => {
  const { role, verifier, profile, validUntil, wanted } = making
  const { groupRole, connectionLimit, statementTimeoutSeconds, idleTimeoutSeconds } = profile
  await client.query('begin isolation level read committed')
  await lockMaking(client, role)
  if ((await oidOf(client, role)) !== null) return true
  if (!(await wanted())) return false
  await checkProfile(client, profile)
  await client.query(
    `create role ${name(role)} login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls
       connection limit ${connectionLimit} password ${literal(verifier)} valid until ${literal(validUntil.toISOString())}`,
  )
  await client.query(`grant ${name(groupRole)} to ${name(role)} with admin false, inherit true, set false`)
  await client.query(`grant ${name(role)} to current_user with inherit true, set true`)
  await client.query(`alter role ${name(role)} set statement_timeout = '${statementTimeoutSeconds}s'`)
  await client.query(`alter role ${name(role)} set idle_session_timeout = '${idleTimeoutSeconds}s'`)
  await client.query(`alter role ${name(role)} set idle_in_transaction_session_timeout = '${idleTimeoutSeconds}s'`)
  await client.query('commit')
  return true
}

export const extendRole = async (client: pg.Client, role: string, validUntil: Date): Promise<void> => {
  await client.query(`alter role ${name(role)} valid until ${literal(validUntil.toISOString())}`)
}

/** How far the end of a role is proved. */
export interface RoleEnd {
  noLoginAt: Date | null
  deadAt: Date | null
  droppedAt: Date | null
  backendsEnded: number
  trouble: string | null
}

/** The role's number; where there is none, once nobody is making it any more. */
const settledOid = async (client: pg.Client, role: string): Promise<number | null> => {
  const found = await oidOf(client, role)
  if (found !== null) return found
  await client.query('begin isolation level read committed')
  await lockMaking(client, role)
  const made = await oidOf(client, role)
  await client.query('commit')
  return made
}

/** By the role's own number: whatever it set itself to be, a backend belongs to who logged in. Prepared and hidden states count as well. */
const terminate = async (client: pg.Client, oid: number): Promise<number> => {
  const { rows } = await client.query('select pg_terminate_backend(pid) from pg_stat_activity where usesysid = $1', [oid])
  return rows.length
}

const settleMs = 150
const patienceMs = 10_000

/**
 * Ends backends until there are none, and none again a moment later: one that was let in just before NOLOGIN may not be listed yet. Returns when the
 * first of the two was seen; null when some would not go.
 */
const endBackends = async (client: pg.Client, oid: number, now: () => Date): Promise<{ deadAt: Date | null; ended: number }> => {
  let ended = 0
  let deadAt: Date | null = null
  for (const until = Date.now() + patienceMs; Date.now() < until;) {
    const found = await terminate(client, oid)
    if (found > 0) {
      ended = Math.max(ended, found)
      deadAt = null
      await sleep(5)
    } else if (deadAt !== null) return { deadAt, ended }
    else {
      deadAt = now()
      await sleep(settleMs)
    }
  }
  return { deadAt: null, ended }
}

/** Other databases of the server in which the role left something. */
const elsewhere = async (client: pg.Client, oid: number): Promise<string[]> => {
  const { rows } = await client.query<{ datname: string }>(
    `select distinct d.datname from pg_shdepend s join pg_database d on d.oid = s.dbid
     where s.refclassid = 'pg_authid'::regclass and s.refobjid = $1 and d.datname <> current_database() limit 100`,
    [oid],
  )
  return rows.map(({ datname }) => datname)
}

/** What the role made goes, or to the group role; what it was given goes in any case. Nothing of others goes with it. */
const clear = async (client: pg.Client, role: string, leaveTo: string | null): Promise<void> => {
  if (leaveTo !== null) await client.query(`reassign owned by ${name(role)} to ${name(leaveTo)}`)
  await client.query(`drop owned by ${name(role)}`)
}

export interface EndOptions {
  /** The group role that what it made is left to; null: it is dropped. */
  leaveTo: string | null
  now: () => Date
  within: Within
}

/**
 * NOLOGIN, then every backend, then what it owned, then the role; twice does nothing. Each step is committed before the next begins, so that one
 * that fails leaves those before it done. Throws where not even the first could be done; later trouble stands in the answer.
 */
export const endRole = async (client: pg.Client, role: string, options: EndOptions): Promise<RoleEnd> => {
  const { now, leaveTo, within } = options
  const oid = await settledOid(client, role)
  const gone = { noLoginAt: now(), deadAt: now(), droppedAt: now(), backendsEnded: 0, trouble: null }
  if (oid === null) return gone
  await client.query(`alter role ${name(role)} nologin`)
  const noLoginAt = now()
  const { deadAt, ended: backendsEnded } = await endBackends(client, oid, now)
  const so = { noLoginAt, deadAt, backendsEnded, droppedAt: null }
  if (deadAt === null) return { ...so, trouble: 'Connections of it would not end.' }
  try {
    for (const database of await elsewhere(client, oid)) await within(database, (there) => clear(there, role, leaveTo))
    await clear(client, role, leaveTo)
    await client.query(`drop role ${name(role)}`)
  } catch (error) {
    return { ...so, trouble: troubleOf(error, { authority: true }).message }
  }
  if ((await terminate(client, oid)) > 0) return { ...so, deadAt: null, trouble: 'A connection of it was found after its end.' }
  return { ...so, droppedAt: now(), trouble: null }
}

/** Roles of this registration that are in the server. */
export const rolesIn = async (client: pg.Client, database: DatabaseId): Promise<string[]> => {
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where starts_with(rolname, $1) order by rolname limit 500',
    [rolePrefix(database)],
  )
  return rows.map(({ rolname }) => rolname)
}
