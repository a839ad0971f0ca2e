/** D5: one test a trap. Where a fence can be taken away, the test does so and shows that the trespasser would have got in. */
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../database.ts'
import { change, inside, ours, theirs, twoOrganisations, type Fences } from './people.ts'

let fences: Fences
let app: Client
let root: Client
beforeAll(async () => {
  fences = await twoOrganisations()
  ;({ app, root } = fences)
})
afterAll(() => fences.end())

const everything = 'select id from item order by id'
const both = [{ id: 'it_ours' }, { id: 'it_theirs' }]
const own = [{ id: 'it_ours' }]

/** Alters the schema, looks, and takes it back. */
async function withSchema<T>(sql: string, look: (client: Client) => Promise<T>): Promise<T> {
  await root.query('begin')
  try {
    await root.query(sql)
    await root.query(`select enter('${ours}', 'pe_ours', false)`)
    return await look(root)
  } finally {
    await root.query('rollback')
  }
}
const as = async (client: Client, role: string, sql: string) => {
  await client.query(`set local role ${role}`)
  return (await client.query(sql)).rows
}

test('without an organisation nothing matches and nothing can be written', async () => {
  expect(await inside(app, null, everything)).toEqual([])
  await expect(inside(app, null, `insert into item (org_id, id) values ('${ours}', 'it_x')`)).rejects.toThrow(
    /row-level security/,
  )
})

test('inside an organisation only its rows exist', async () => {
  expect(await inside(app, ours, everything)).toEqual(own)
  expect(await inside(app, ours, `update item set note = 'x' where id = 'it_theirs' returning id`)).toEqual([])
  expect(await inside(app, ours, `delete from item where id = 'it_theirs' returning id`)).toEqual([])
  await expect(inside(app, ours, `insert into item (org_id, id) values ('${theirs}', 'it_x')`)).rejects.toThrow(
    /row-level security/,
  )
  await expect(inside(app, ours, `update item set org_id = '${theirs}'`)).rejects.toThrow(/row-level security/)
})

test('a superuser sees all: the application is none, and cannot become one', async () => {
  expect((await root.query(everything)).rows).toEqual(both)
  for (const role of ['holdfast_owner', 'holdfast_ledger', 'holdfast_gate', 'holdfast_jobs', 'holdfast_root']) {
    await expect(app.query(`set role ${role}`)).rejects.toThrow(/permission denied/)
  }
})

test('BYPASSRLS would see all', async () => {
  expect(await withSchema('select', (c) => as(c, 'holdfast_app', everything))).toEqual(own)
  expect(await withSchema('alter role holdfast_app bypassrls', (c) => as(c, 'holdfast_app', everything))).toEqual(both)
})

test('an owner without FORCE would see all', async () => {
  expect(await withSchema('select', (c) => as(c, 'holdfast_owner', everything))).toEqual([])
  expect(await withSchema('alter table item no force row level security', (c) => as(c, 'holdfast_owner', everything))).toEqual(
    both,
  )
})

test('a member of the owner role could take the fence down', async () => {
  const fenceDown = 'alter table item disable row level security; select id from item order by id'
  await expect(withSchema('select', (c) => as(c, 'holdfast_app', fenceDown))).rejects.toThrow(/must be owner/)
  const down = await withSchema('grant holdfast_owner to holdfast_app with inherit true', async (c) => {
    await c.query('set local role holdfast_app; alter table item disable row level security')
    return (await c.query(everything)).rows
  })
  expect(down).toEqual(both)
})

test('a view of a superuser needs security_invoker', async () => {
  const view = (option: string) =>
    `create view item_view ${option} as select * from item; grant select on item_view to holdfast_app`
  const sql = 'select id from item_view order by id'
  expect(await withSchema(view(''), (c) => as(c, 'holdfast_app', sql))).toEqual(both)
  expect(await withSchema(view('with (security_invoker)'), (c) => as(c, 'holdfast_app', sql))).toEqual(own)
})

test('a materialised view has no row security', async () => {
  const sql = 'create materialized view item_all as select * from item; grant select on item_all to holdfast_app'
  expect(await withSchema(sql, (c) => as(c, 'holdfast_app', 'select id from item_all order by id'))).toEqual(both)
})

test("a superuser's security definer function sees all", async () => {
  const sql = (
    mode: string,
  ) => `create function items() returns setof text language sql ${mode} as $$ select id from public.item order by id $$;
    grant execute on function items() to holdfast_app`
  const call = 'select items() as id'
  expect(await withSchema(sql('security definer'), (c) => as(c, 'holdfast_app', call))).toEqual(both)
  expect(await withSchema(sql('security invoker'), (c) => as(c, 'holdfast_app', call))).toEqual(own)
})

test('a partition read directly has only its own fence', async () => {
  const parts = `create table part (org_id uuid not null, id text not null, primary key (org_id, id)) partition by list (org_id);
    create table part_all partition of part default; alter table part owner to holdfast_owner; alter table part_all owner to holdfast_owner;
    select fence_rows('part', 'org_id = (select current_org())', 'org_id = (select current_org())');
    grant select on part, part_all to holdfast_app; insert into part values ('${ours}', 'a'), ('${theirs}', 'b');`
  expect(await withSchema(parts, (c) => as(c, 'holdfast_app', 'select id from part'))).toEqual([{ id: 'a' }])
  expect(await withSchema(parts, (c) => as(c, 'holdfast_app', 'select id from part_all order by id'))).toHaveLength(2)
  const fenced = parts + `select fence_rows('part_all', 'org_id = (select current_org())', 'org_id = (select current_org())')`
  expect(await withSchema(fenced, (c) => as(c, 'holdfast_app', 'select id from part_all'))).toEqual([{ id: 'a' }])
})

test('an immutable context function in a cached plan returns the other tenant', async () => {
  const plan = async (c: Client, volatility: string) => {
    await c.query(
      `create or replace function current_org() returns uuid language sql ${volatility} as $$ select nullif(current_setting('holdfast.org', true), '')::uuid $$`,
    )
    await c.query(
      `set local role holdfast_app; set local plan_cache_mode = force_generic_plan; prepare items_${volatility} as select id from item`,
    )
    await c.query(`execute items_${volatility}`)
    await c.query(`select enter('${theirs}', 'pe_theirs', false)`)
    return (await c.query(`execute items_${volatility}`)).rows
  }
  expect(await withSchema('select', (c) => plan(c, 'stable'))).toEqual([{ id: 'it_theirs' }])
  expect(await withSchema('select', (c) => plan(c, 'immutable'))).toEqual(own) // ours, with theirs entered
  expect((await root.query(`select provolatile from pg_proc where proname in ('current_org', 'current_person')`)).rows).toEqual([
    { provolatile: 's' },
    { provolatile: 's' },
  ])
})

test('another permissive policy does not widen the restrictive one', async () => {
  const wide = 'create policy wide on item to holdfast_app using (true) with check (true)'
  expect(await withSchema(wide, (c) => as(c, 'holdfast_app', everything))).toEqual(own)
  expect(await withSchema(`${wide}; drop policy tenant on item`, (c) => as(c, 'holdfast_app', everything))).toEqual(both)
})

test('the context ends with its transaction; a session-wide SET would reach the next borrower', async () => {
  await app.query('begin')
  await app.query(`select enter('${ours}', 'pe_ours', true)`)
  await app.query('commit')
  const next = await app.query(
    `select current_org() as org, current_person() as person, current_setting('synchronous_commit') as durable, (select count(*)::int from item) as n`,
  )
  expect(next.rows).toEqual([{ org: null, person: null, durable: 'on', n: 0 }])
  const careless = await connect(fences.database.app)
  await careless.query(`set holdfast.org = '${ours}'`)
  expect((await careless.query(everything)).rows).toEqual(own)
  await careless.end()
})

test('COPY TO is filtered, COPY FROM refused, TRUNCATE refused, row_security = off raises', async () => {
  await expect(inside(app, ours, `copy item from stdin`)).rejects.toThrow(/COPY FROM not supported with row-level security/)
  await expect(inside(app, ours, 'truncate item')).rejects.toThrow(/permission denied/)
  await expect(withSchema('truncate item cascade', (c) => as(c, 'holdfast_app', everything))).rejects.toThrow(
    /cannot be changed by truncate/,
  )
  await app.query('set row_security = off')
  await expect(inside(app, ours, everything)).rejects.toThrow(/would be affected by row-level security/)
  await app.query('reset row_security')
  await expect(inside(app, ours, `copy item to program 'true'`)).rejects.toThrow(/permission denied|must be superuser/)
})

test('the application cannot make objects, temporary ones included', async () => {
  for (const sql of [
    'create table x ()',
    'create temp table item ()',
    'create schema x',
    'create function f() returns int language sql return 1',
  ]) {
    await expect(app.query(sql)).rejects.toThrow(/permission denied/)
  }
})

test('persons: only oneself and the members of the organisation entered; their password hashes not at all', async () => {
  expect(await inside(app, ours, 'select id from person')).toEqual([{ id: 'pe_ours' }])
  expect(await inside(app, theirs, 'select id from person order by id')).toEqual([{ id: 'pe_ours' }, { id: 'pe_theirs' }])
  expect(await inside(app, theirs, `update person set state = 'suspended' where id = 'pe_theirs' returning id`)).toEqual([]) // entered as pe_ours
  await expect(inside(app, ours, 'select password_hash from person')).rejects.toThrow(/permission denied/)
  expect(await inside(app, ours, 'select gate_own_password() as hash')).toEqual([{ hash: '$argon2id$x' }])
})

test('data keys: the organisation, the person, the members and the platform; nobody else', async () => {
  await root.query(`insert into data_key (scope, version, wrapped, key_id, ring_version)
    select s, 1, 'w', 'k', 1 from unnest(array['platform', 'org:${ours}', 'org:${theirs}', 'person:pe_ours', 'person:pe_theirs', 'person:pe_else']) s`)
  const scopes = async (org: string) =>
    (await inside<{ scope: string }>(app, org, 'select scope from data_key order by 1')).map(({ scope }) => scope)
  expect(await scopes(ours)).toEqual([`org:${ours}`, 'person:pe_ours', 'platform'])
  expect(await scopes(theirs)).toEqual([`org:${theirs}`, 'person:pe_ours', 'person:pe_theirs', 'platform'])
  expect(
    await inside(app, theirs, `delete from data_key where scope in ('platform', 'person:pe_theirs') returning scope`),
  ).toEqual([])
})

test('the platform is written by the operator only', async () => {
  const add = `insert into platform_secret (name, version, sealed) values ('x', 1, 'x') returning name`
  expect(await inside(app, ours, add)).toHaveLength(1)
  await expect(inside(app, theirs, add)).rejects.toThrow(/row-level security/)
  await expect(inside(app, theirs, 'update org set is_operator = true')).rejects.toThrow(/permission denied/)
})

test('jobs may list organisations and nothing else', async () => {
  const jobs = await connect(fences.database.jobs)
  expect((await jobs.query('select list_orgs() as id')).rows).toHaveLength(2)
  for (const table of ['item', 'org', 'ledger', 'person', 'data_key'])
    await expect(jobs.query(`select from ${table}`)).rejects.toThrow(/permission denied/)
  await expect(jobs.query(`select enter('${ours}', null, true)`)).rejects.toThrow(/permission denied/)
  await jobs.end()
})

test('an organisation keeps an owner: two step down at once, or another organisation is entered before the commit', async () => {
  await change(app, ours, 'pe_second', async () => {
    await app.query(`insert into person (id) values ('pe_second')`)
    await app.query(`insert into membership (person_id, role) values ('pe_second', 'owner')`)
  })
  const other = await connect(fences.database.app)
  const down = (c: Client, who: string) =>
    change(c, ours, who, () => c.query(`update membership set role = 'member' where person_id = $1`, [who]))
  const results = await Promise.allSettled([down(app, 'pe_ours'), down(other, 'pe_second')])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await inside(app, ours, `select role from membership order by role`)).toEqual([{ role: 'member' }, { role: 'owner' }])
  await other.query('begin')
  await other.query(`select enter('${ours}', 'pe_ours', true)`)
  await other.query(`update membership set role = 'viewer'`)
  await other.query(`select ledger_append('{}')`)
  await other.query(`select enter('${theirs}', 'pe_ours', true)`)
  await expect(other.query('commit')).rejects.toMatchObject({ code: 'HF002' })
  await other.end()
})
