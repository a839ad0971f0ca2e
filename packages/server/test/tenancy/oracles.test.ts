/** D5: what one organisation could learn about another without reading its rows. */
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { change, inside, ours, theirs, twoOrganisations, type Fences } from './people.ts'

let fences: Fences
let app: Client
let root: Client
beforeAll(async () => {
  fences = await twoOrganisations()
  ;({ app, root } = fences)
})
afterAll(() => fences.end())

const tenantTables = `select c.oid, c.relname as name from pg_class c join protected_table p on p.name = c.relname where p.kind in ('tenant', 'plumbing')`

test('every key of a tenant table leads with org_id: the same id in two organisations is no conflict', async () => {
  await change(app, ours, 'pe_ours', () => app.query(`insert into item (id) values ('it_theirs')`))
  expect(await inside(app, ours, `insert into item (id) values ('it_theirs') on conflict do nothing returning id`)).toEqual([]) // our own
  expect(await inside(app, ours, `select count(*)::int n from item`)).toEqual([{ n: 2 }])
  const { rows } = await root.query(`
    select t.name, i.indexrelid::regclass::text as key from (${tenantTables}) t join pg_index i on i.indrelid = t.oid
    where i.indisunique and (select attname from pg_attribute where attrelid = t.oid and attnum = i.indkey[0]) <> 'org_id'
      -- Public by nature: an organisation's id is its name in every address, its slug the readable one; and there is one operator.
      -- An API key, an agent, a credential of a directory and the link that stops a recovery are looked up before their organisation is known, by
      -- something random.
      -- Whoever proves a domain by its DNS may learn that another organisation has done so.
      and i.indexrelid::regclass::text not in
        ('org_pkey', 'org_slug_key', 'org_one_operator', 'api_key_id', 'host_agent_id', 'directory_credential_id', 'sso_domain_proved',
         'factor_recovery_token')`)
  expect(rows).toEqual([])
})

test('a global unique key would tell that an id is taken elsewhere', async () => {
  await root.query('create unique index taken on item (note)')
  await expect(inside(app, ours, `insert into item (id, note) values ('it_probe', 'it_theirs')`)).rejects.toThrow(/duplicate key/)
  await root.query('drop index taken')
  expect(await inside(app, ours, `insert into item (id, note) values ('it_probe', 'it_theirs') returning id`)).toHaveLength(1)
})

test('foreign keys between tenant tables carry org_id: a single column accepts another tenant’s row', async () => {
  const { rows } = await root.query(`
    select c.conname from pg_constraint c join (${tenantTables}) t on t.oid = c.conrelid join protected_table p on p.name = c.confrelid::regclass::text
    where c.contype = 'f' and p.kind in ('tenant', 'plumbing') and not exists (
      select from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k where a.attname = 'org_id')`)
  expect(rows).toEqual([])
  const child = (
    reference: string,
  ) => `create table child (org_id uuid not null default current_org(), id text not null, item text not null, primary key (org_id, id), ${reference});
    alter table child owner to holdfast_owner; select fence_rows('child', 'org_id = (select current_org())', 'org_id = (select current_org())'); grant insert on child to holdfast_app`
  const adopt = async (schema: string) => {
    await root.query('begin')
    try {
      await root.query(schema)
      await root.query(`select enter('${ours}', 'pe_ours', false); set local role holdfast_app`)
      await root.query(`insert into child (id, item) values ('c', 'it_only_theirs')`)
    } finally {
      await root.query('rollback')
    }
  }
  await change(app, theirs, 'pe_theirs', () => app.query(`insert into item (id) values ('it_only_theirs')`))
  const single = `insert into org (id, slug, name) values ('0197f2a0-0000-7000-8000-00000000000c', 'third', 'Third');
    create table parent (id text primary key); insert into parent values ('it_only_theirs'); ${child('foreign key (item) references parent')}`
  await expect(adopt(single)).resolves.toBeUndefined() // theirs, adopted
  await expect(adopt(child('foreign key (org_id, item) references item (org_id, id)'))).rejects.toThrow(/foreign key/)
})

test('no sequence that the application can read or that shows in its rows', async () => {
  const { rows } =
    await root.query(`select c.relname from pg_class c where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace
    and (has_sequence_privilege('holdfast_app', c.oid, 'usage') or has_sequence_privilege('holdfast_app', c.oid, 'select'))`)
  expect(rows).toEqual([])
})

test('errors name no values of another tenant', async () => {
  const failure = await inside(app, ours, `insert into item (org_id, id) values ('${theirs}', 'it_theirs')`).catch(
    (e: unknown) => e,
  )
  expect(JSON.stringify(failure)).not.toMatch(/it_theirs|Failing row/)
  const slug = await inside(app, theirs, `update org set slug = 'ours'`).catch((e: unknown) => e)
  expect(slug).toMatchObject({ code: '23505', detail: undefined }) // no "Key (slug)=(ours) already exists"
  await app.query('begin')
  await app.query(`select enter('${ours}', 'pe_ours', true)`)
  await app.query(`update item set note = 'planted'`)
  const unrecorded = await app.query('commit').catch((e: unknown) => e)
  expect(unrecorded).toMatchObject({ constraint: 'recorded_in_ledger' })
  expect(JSON.stringify(unrecorded)).not.toMatch(/planted/)
})

test('statistics are hidden; estimates of explain come from the whole table, so operations never return plans', async () => {
  await root.query(`analyze item`)
  expect(await inside(app, ours, `select from pg_stats where tablename = 'item'`)).toEqual([])
  await expect(inside(app, ours, 'select from pg_statistic')).rejects.toThrow(/permission denied/)
})

test('the lock of an organisation’s chain is named by a hash of its id; guessing needs the id', async () => {
  await app.query('begin')
  await app.query(`select enter('${ours}', 'pe_ours', true)`)
  await app.query(`select ledger_append('{}')`)
  const { rows } = await root.query(
    // Other tests' databases are on the same server.
    `select classid::bigint << 32 | objid::bigint as key from pg_locks
       where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  )
  expect(rows).toEqual((await root.query(`select uuid_hash_extended('${ours}', 1096107084) as key`)).rows)
  await app.query('rollback')
})
