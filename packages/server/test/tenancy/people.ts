/** Two organisations with an owner each, for the tests of the fences. */
import type { Client, ClientBase } from 'pg'
import { connect, createTestDatabase, type TestDatabase } from '../database.ts'

export const ours = '0197f2a0-0000-7000-8000-00000000000a'
export const theirs = '0197f2a0-0000-7000-8000-00000000000b'

export interface Fences {
  readonly database: TestDatabase
  readonly root: Client
  readonly app: Client
  end(): Promise<void>
}

/** A tenant table of its own to trespass on, one row in each organisation. */
export async function twoOrganisations(): Promise<Fences> {
  const database = await createTestDatabase()
  const root = await connect(database.admin)
  const app = await connect(database.app)
  await root.query(`set role holdfast_owner;
    create table item (org_id uuid not null default current_org() references org, id text not null, note text, blob bytea, primary key (org_id, id));
    select protect_tenant_table('item');
    reset role`)
  for (const [org, name] of [
    [ours, 'ours'],
    [theirs, 'theirs'],
  ] as const) {
    await change(app, org, `pe_${name}`, async () => {
      await app.query(`insert into org (id, slug, name, is_operator) values ($1, $2, $2, $3)`, [org, name, name === 'ours'])
      await app.query(`insert into person (id, email_index, email_sealed, password_hash) values ($1, $2, $2, '$argon2id$x')`, [
        `pe_${name}`,
        name,
      ])
      await app.query(`insert into membership (person_id, role) values ($1, 'owner')`, [`pe_${name}`])
      await app.query(`insert into item (id, note) values ($1, $1)`, [`it_${name}`])
    })
  }
  const end = async () => {
    await Promise.all([root.end(), app.end()])
    await database.drop()
  }
  return { database, root, app, end }
}

/** A recorded change, as the kernel makes it. Returns the entry's number. */
export async function change(client: ClientBase, org: string, person: string, work: () => Promise<unknown>): Promise<number> {
  await client.query('begin')
  try {
    await client.query('select enter($1, $2, true)', [org, person])
    await work()
    const { rows } = await client.query<{ seq: string }>(`select seq from ledger_append('{"action": "test.changed"}')`)
    await client.query('commit')
    return Number(rows[0]?.seq)
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** What raw SQL sees inside an organisation; rolled back. */
export async function inside<T = Record<string, unknown>>(
  client: ClientBase,
  org: string | null,
  sql: string,
  values: unknown[] = [],
): Promise<T[]> {
  await client.query('begin')
  try {
    await client.query('select enter($1, $2, false)', [org, 'pe_ours'])
    return (await client.query(sql, values)).rows as T[]
  } finally {
    await client.query('rollback')
  }
}
