/** Plain SQL files `NNNN_noun.sql`, applied in order as the owner of everything, one transaction each. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from 'pg'

export const migrationsDirectory = fileURLToPath(new URL('../../migrations', import.meta.url))

/** The files do not continue the history the database records: a changed or missing file, or a database newer than this program. */
export class MigrationHistoryError extends Error {}

interface Migration {
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

const MIGRATION_LOCK = 4_865_372 // any fixed number: two processes that start at once take turns

/**
 * Applies what is missing and returns the names applied now. `client` is the administrator's connection to the database, able to
 * `set role holdfast_owner`. A failing file leaves the database at the file before it.
 */
export async function migrate(client: Client, directory = migrationsDirectory): Promise<string[]> {
  const files = await readMigrations(directory)
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
  try {
    await client.query('set role holdfast_owner')
    await client.query(`create table if not exists migration (
      name text primary key, sha256 text not null, applied_at timestamptz not null default now())`)
    const applied = await client.query<{ name: string; sha256: string }>('select name, sha256 from migration order by name')
    checkHistory(applied.rows, files)
    const missing = files.slice(applied.rows.length)
    for (const migration of missing) await apply(client, migration)
    return missing.map(({ name }) => name)
  } finally {
    await client.query('reset role')
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK])
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

function checkHistory(applied: readonly { name: string; sha256: string }[], files: readonly Migration[]): void {
  applied.forEach(({ name, sha256 }, index) => {
    const file = files[index]
    if (!file) throw new MigrationHistoryError(`The database has ${name}, which this program does not know: run a newer one`)
    if (file.name !== name) throw new MigrationHistoryError(`The database has ${name} where the files have ${file.name}`)
    if (file.sha256 !== sha256)
      throw new MigrationHistoryError(`${name} was changed after it was applied: write a new migration instead`)
  })
}

async function apply(client: Client, { name, sql, sha256 }: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query('set local role holdfast_owner')
    await client.query(sql)
    await client.query('set local role holdfast_owner')
    await client.query('insert into migration (name, sha256) values ($1, $2)', [name, sha256])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new Error(`Migration ${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
