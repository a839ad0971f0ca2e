/**
 * Makes roles, database and schema on any PostgreSQL from 15 on. The administrator needs CREATEROLE and CREATEDB, not superuser, so that a
 * managed service works too. Everything is idempotent: every start runs it.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import pg from 'pg'
import { migrate } from './migrate.ts'

export interface RolePasswords {
  readonly app: string
  readonly jobs: string
}

export interface BootstrapOptions {
  /** The administrator's connection; its `database` is any existing one (usually `postgres`). */
  readonly admin: pg.ClientConfig
  /** The database to make or bring up to date: lower-case letters, digits, `_`. */
  readonly database: string
  readonly passwords: RolePasswords
}

/**
 * - `holdfast_owner` owns and migrates; NOINHERIT, so that being able to act as gate and ledger gives it none of their rights by itself
 * - `holdfast_gate` owns the look-ups needed before an organisation is known
 * - `holdfast_ledger` owns capture and append, the only writer of the ledger
 */
const ROLES: Readonly<Record<string, string>> = {
  holdfast_owner: 'nologin noinherit',
  holdfast_gate: 'nologin noinherit',
  holdfast_ledger: 'nologin noinherit',
  holdfast_app: 'login noinherit',
  holdfast_jobs: 'login noinherit',
}

/** Returns the migrations applied now. Throws when a role has rights it must not have, or the history does not match. */
export async function bootstrapDatabase({ admin, database, passwords }: BootstrapOptions): Promise<{ applied: string[] }> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database)) throw new Error(`Not a database name: ${database}`)
  await withClient(admin, async (client) => {
    await makeRoles(client, passwords)
    await makeDatabase(client, admin, database)
  })
  return withClient({ ...admin, database }, async (client) => ({ applied: await migrate(client) }))
}

/** Sets a role's password by its SCRAM verifier: the password itself never reaches the server or its logs. */
export async function setRolePassword(client: pg.ClientBase, role: string, password: string): Promise<void> {
  await client.query(`alter role ${client.escapeIdentifier(role)} password ${client.escapeLiteral(scramVerifier(password))}`)
}

async function makeRoles(client: pg.Client, passwords: RolePasswords): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(`select rolname from pg_roles where rolname like 'holdfast\\_%'`)
  const existing = new Set(rows.map(({ rolname }) => rolname))
  for (const [role, attributes] of Object.entries(ROLES)) {
    if (!existing.has(role)) await client.query(`create role ${role} ${attributes}`)
  }
  await client.query('grant holdfast_gate, holdfast_ledger, holdfast_jobs to holdfast_owner')
  await client.query('grant holdfast_owner, holdfast_gate, holdfast_ledger, holdfast_jobs to current_user')
  await setRolePassword(client, 'holdfast_app', passwords.app)
  await setRolePassword(client, 'holdfast_jobs', passwords.jobs)
  await client.query(`alter role holdfast_app set timezone = 'UTC'`)
  await refuseStrongRoles(client)
}

/** RLS holds only while nobody who serves requests can step around it. */
async function refuseStrongRoles(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(`
    select rolname from pg_roles r
    where rolname in ('holdfast_owner', 'holdfast_gate', 'holdfast_ledger', 'holdfast_app', 'holdfast_jobs')
      and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
        or (rolname in ('holdfast_app', 'holdfast_jobs') and exists (select from pg_auth_members m where m.member = r.oid)))`)
  if (rows.length > 0) throw new Error(`Roles with rights they must not have: ${rows.map(({ rolname }) => rolname).join(', ')}`)
}

/**
 * The administrator makes the database and hands it over with its schema. In this order, because before PostgreSQL 16 a NOINHERIT owner of a
 * database has no right on `public`, which belongs to whoever owns the database.
 */
async function makeDatabase(client: pg.Client, admin: pg.ClientConfig, database: string): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    'select datdba::regrole::text as owner from pg_database where datname = $1',
    [database],
  )
  if (rows.length === 0) await client.query(`create database ${database} encoding 'UTF8' template template0`)
  if (rows[0]?.owner !== 'holdfast_owner') {
    await withClient({ ...admin, database }, (inside) => inside.query('alter schema public owner to holdfast_owner'))
    await client.query(`alter database ${database} owner to holdfast_owner`)
  }
  // No TEMP for anybody: a temporary table could stand in front of a real one.
  await client.query(`set role holdfast_owner`)
  await client.query(`revoke all on database ${database} from public`)
  await client.query(`grant connect on database ${database} to holdfast_app, holdfast_jobs`)
  await client.query('reset role')
}

/** RFC 5803, as PostgreSQL stores it. */
function scramVerifier(password: string): string {
  const iterations = 4096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}

async function withClient<T>(config: pg.ClientConfig, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config)
  client.on('error', () => undefined) // without a listener a lost connection would end the process; the query reports it
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
