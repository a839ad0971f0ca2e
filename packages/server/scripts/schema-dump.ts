/**
 * Writes schema.sql: every table, column, key, policy, trigger, function and grant as the migrations leave them, read from the catalogue of a
 * throwaway database. For reviews and for the check that nothing drifted; it is not run anywhere.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { bootstrapDatabase } from '../src/platform/bootstrap.ts'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'

const target = fileURLToPath(new URL('../schema.sql', import.meta.url))

/** Each yields one column of text, in a stable order. `%T` stands for the table's oid. */
const tables = `select oid::text as text, relname as name from pg_class where relkind in ('r', 'p', 'v', 'm') and relnamespace = 'public'::regnamespace order by relname`
const columns = `
  select '  ' || attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
    || case attidentity when '' then '' else ' generated always as identity' end
    || coalesce(case when attgenerated = 's' then ' generated always as (' || pg_get_expr(adbin, adrelid) || ') stored' else ' default ' || pg_get_expr(adbin, adrelid) end, '') as text
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum where attrelid = %T and attnum > 0 and not attisdropped order by attnum`
const constraints = `select '  constraint ' || conname || ' ' || pg_get_constraintdef(oid) as text from pg_constraint
  where conrelid = %T and contype <> 'n' order by contype, conname`
const indexes = `select pg_get_indexdef(indexrelid) || ';' as text from pg_index
  where indrelid = %T and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x')) order by indexrelid::regclass::text`
const security = `select '-- row security' || case when relforcerowsecurity then ', forced' else ' of others than its owner' end || '; owner ' || relowner::regrole as text
  from pg_class where oid = %T and relrowsecurity`
const policies = `
  select 'policy ' || polname || case when polpermissive then '' else ' as restrictive' end
    || ' for ' || case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
    || ' to ' || array_to_string(polroles::regrole[], ', ') || coalesce(' using (' || pg_get_expr(polqual, polrelid) || ')', '')
    || coalesce(' with check (' || pg_get_expr(polwithcheck, polrelid) || ')', '') || ';' as text
  from pg_policy where polrelid = %T order by polname, polroles::regrole[]::text`
const triggers = `select pg_get_triggerdef(oid) || case tgenabled when 'A' then ' -- always' when 'O' then '' else ' -- NOT ENABLED' end || ';' as text
  from pg_trigger where tgrelid = %T and not tgisinternal order by tgname`
const grants = `
  select 'grant ' || string_agg(lower(privilege_type), ', ' order by privilege_type) || ' to ' || grantee::regrole || ';' as text
  from pg_class, aclexplode(relacl) where oid = %T and grantee not in (relowner, 0) group by grantee order by grantee::regrole::text`
const columnGrants = `
  select 'grant ' || lower(privilege_type) || ' (' || string_agg(attname, ', ' order by attnum) || ') to ' || grantee::regrole || ';' as text
  from pg_attribute, aclexplode(attacl) where attrelid = %T group by grantee, privilege_type order by grantee::regrole::text, privilege_type`
const functions = `
  select pg_get_functiondef(p.oid) || ';' || E'\\n-- owner ' || proowner::regrole || coalesce('; execute: ' || (
    select string_agg(grantee::regrole::text, ', ' order by grantee::regrole::text) from aclexplode(proacl) where grantee <> proowner and grantee <> 0), '') as text
  from pg_proc p where pronamespace in ('public'::regnamespace, 'jobs'::regnamespace) order by pronamespace, proname, pg_get_function_identity_arguments(p.oid)`

async function dump(client: pg.Client): Promise<string> {
  const lines = async (sql: string, table = '0') =>
    (await client.query<{ text: string }>(sql.replaceAll('%T', table))).rows.map(({ text }) => text)
  const parts = ['-- Written by packages/server/scripts/schema-dump.ts from the migrations. Do not edit.']
  const { rows } = await client.query<{ text: string; name: string }>(tables)
  for (const { text: oid, name } of rows) {
    const body = [...(await lines(columns, oid)), ...(await lines(constraints, oid))].join(',\n')
    const rest = [
      ...(await lines(indexes, oid)),
      ...(await lines(security, oid)),
      ...(await lines(policies, oid)),
      ...(await lines(triggers, oid)),
    ]
    const access = [...(await lines(grants, oid)), ...(await lines(columnGrants, oid))]
    parts.push([`table ${name} (`, `${body}\n);`, ...rest, ...access].join('\n'))
  }
  parts.push(...(await lines(functions)))
  return parts.join('\n\n') + '\n'
}

const home = mkdtempSync(join(tmpdir(), 'holdfast-schema-'))
chmodSync(home, 0o711) // as root the server runs as `postgres` and has to get in
const server = await startEmbeddedPostgres({ directory: join(home, 'postgres'), settings: { fsync: 'off' } })
try {
  const admin = { host: server.host, port: server.port, user: server.superuser, password: server.password }
  await bootstrapDatabase({
    admin: { ...admin, database: 'postgres' },
    database: 'dump',
    passwords: { app: 'dump', jobs: 'dump' },
  })
  const client = new pg.Client({ ...admin, database: 'dump' })
  client.on('error', () => undefined)
  await client.connect()
  writeFileSync(target, await dump(client))
  await client.end()
} finally {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
}
