/** L1, L2: every change is in the chain, in the format, and cannot leave it. */
import { readFileSync } from 'node:fs'
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

interface Change {
  table: string
  key: Record<string, unknown>
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}
const changesOf = async (seq: number): Promise<Change[]> => {
  const [row] = await inside<{ body: string }>(app, ours, 'select body from ledger where seq = $1', [seq])
  return (JSON.parse(row?.body ?? '{}') as { changes: Change[] }).changes
}
const entered = async (client: Client, work: string[]): Promise<unknown> => {
  await client.query('begin')
  await client.query('select enter($1, $2, true)', [ours, 'pe_ours'])
  try {
    for (const sql of work) await client.query(sql)
    return (await client.query('commit')).command
  } catch (error) {
    await client.query('rollback')
    return (error as { constraint?: string; code?: string }).constraint ?? (error as { code?: string }).code
  }
}
const append = `select ledger_append('{"action": "test"}')`
const edit = `update item set note = 'x' || random()`

test('an entry has the changes before and after, in order, sealed columns as envelopes, long ones by digest', async () => {
  const seq = await change(app, ours, 'pe_ours', async () => {
    await app.query(`insert into item (id, note, blob) values ('it_1', 'a "quoted" €', '\\x01ff')`)
    await app.query(`update item set note = null, blob = decode(repeat('ab', 2000), 'hex') where id = 'it_1'`)
    await app.query(`update item set note = note where id = 'it_1'`) // nothing changed
    await app.query(`delete from item where id = 'it_1'`)
  })
  const digest = { bytes: 2000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown }
  const key = { id: 'it_1' }
  expect(await changesOf(seq)).toEqual([
    { table: 'item', key, before: null, after: { org_id: ours, id: 'it_1', note: 'a "quoted" €', blob: 'Af8=' } },
    { table: 'item', key, before: { note: 'a "quoted" €', blob: 'Af8=' }, after: { note: null, blob: digest } },
    { table: 'item', key, before: { org_id: ours, id: 'it_1', note: null, blob: digest }, after: null },
  ])
})

test('many rows of one statement are all there, in order', async () => {
  const seq = await change(app, ours, 'pe_ours', () =>
    app.query(`insert into item (id) select 'bulk_' || to_char(i, '0000') from generate_series(1, 500) i order by i`),
  )
  const keys = (await changesOf(seq)).map(({ key }) => String(key['id']))
  expect(keys).toHaveLength(500)
  expect(keys).toEqual([...keys].sort())
})

test('secrets are masked, quiet columns leave no entry', async () => {
  const seq = await change(app, ours, 'pe_ours', () =>
    app.query(`update person set password_hash = '$argon2id$planted' where id = 'pe_ours'`),
  )
  expect(await changesOf(seq)).toEqual([
    { table: 'person', key: { id: 'pe_ours' }, before: { password_hash: 'secret' }, after: { password_hash: 'secret' } },
  ])
  await change(app, ours, 'pe_ours', () =>
    app.query(`insert into api_key (id, name, secret_hash, role, created_by) values ('k', 'k', 'planted', 'viewer', 'pe_ours')`),
  )
  expect(await entered(app, [`update api_key set last_used_at = now()`])).toBe('COMMIT')
  expect(
    (await root.query(`select from ledger where body like '%planted%' or body like '%' || encode('planted', 'base64') || '%'`))
      .rowCount,
  ).toBe(0)
})

test.each([
  ['no append', [edit]],
  ['a change after the append', [edit, append, edit]],
  ['another organisation’s append', [edit, `select enter('${theirs}', 'pe_ours', true)`, append]],
  [
    'no organisation at the change',
    [
      `select enter(null, 'pe_ours', true)`,
      `update person set state = 'active', updated_at = now()`,
      `select enter('${ours}', 'pe_ours', true)`,
      append,
    ],
  ],
  ['an append that was rolled back', [edit, 'savepoint s', append, 'rollback to savepoint s']],
  ['constraints made immediate', ['set constraints all immediate', edit, append]],
  ['a change after the constraints were checked', [edit, append, 'set constraints all immediate', edit]],
])('an unrecorded change fails the commit: %s', async (_name, work) => {
  expect(await entered(app, work)).toBe('recorded_in_ledger')
})

test('an append of changes, where there are any: none for what is quiet, one for what is not, and nothing is left out by it', async () => {
  const appended = async (...work: string[]) => {
    await app.query('begin')
    await app.query('select enter($1, $2, true)', [ours, 'pe_ours'])
    for (const sql of work) await app.query(sql)
    const { rows } = await app.query<{ seq: string | null }>(`select ledger_append_changes('{"action": "test"}') as seq`)
    await app.query('commit')
    return rows[0]?.seq ?? null
  }
  expect(await appended()).toBeNull()
  expect(await appended(`update api_key set last_used_at = now()`)).toBeNull()
  expect(await changesOf(Number(await appended(edit)))).not.toEqual([])
  const appendChanges = append.replace('ledger_append', 'ledger_append_changes')
  expect(await entered(app, [appendChanges, edit])).toBe('recorded_in_ledger')
  expect(await entered(app, [edit, `select enter('${theirs}', 'pe_ours', true)`, appendChanges])).toBe('recorded_in_ledger')
})

test('a superuser’s unrecorded change fails too', async () => {
  expect(await entered(root, [edit])).toBe('recorded_in_ledger')
  expect(await entered(root, [`delete from item where id = 'bulk_ 0001'`, append])).toBe('COMMIT')
})

test('a change rolled back to a savepoint needs no entry', async () => {
  expect(await entered(app, ['savepoint s', edit, 'rollback to savepoint s'])).toBe('COMMIT')
})

test('without the fence the change would pass', async () => {
  await root.query('alter table item disable trigger capture')
  expect(await entered(app, [edit])).toBe('COMMIT')
  await root.query('alter table item enable always trigger capture')
  expect(await entered(app, [edit])).toBe('recorded_in_ledger')
})

test('the application can neither read, forge nor drop pending changes, nor switch capture off', async () => {
  for (const sql of [
    'select from ledger_pending',
    'delete from ledger_pending',
    `insert into ledger_pending (xact, org_id, change) values ('1', '${ours}', '{}')`,
    'insert into ledger_recorded values (false)',
    'alter table item disable trigger capture',
    'set session_replication_role = replica',
    'set role holdfast_ledger',
    `select capture_item()`,
  ]) {
    expect(await entered(app, [edit, sql]), sql).toMatch(/^(42501|42P01)$/)
  }
  for (const head of ['{"changes": []}', '{"v": 2}', '[]', '"x"'])
    expect(await entered(app, [`select ledger_append('${head}')`])).toBe('HF004')
})

test('the ledger cannot be changed by the application, its owner or its writer; a superuser’s UPDATE is refused as well', async () => {
  const attempts = [
    `update ledger set body = '{}'`,
    'delete from ledger',
    'truncate ledger',
    `update ledger_checkpoint set note = ''`,
    'truncate ledger_checkpoint cascade',
  ]
  for (const role of ['holdfast_app', 'holdfast_owner', 'holdfast_ledger', 'holdfast_gate']) {
    for (const sql of attempts)
      expect(await entered(root, [`set local role ${role}`, sql]), `${role}: ${sql}`).toMatch(/^(42501|HF003)$/)
  }
  for (const sql of attempts) expect(await entered(root, [sql])).toBe('HF003')
  expect(await entered(app, [`insert into ledger values ('${ours}', 999, 0, '', '', '{}')`])).toBe('42501')
})

test('entries are seen by their organisation only', async () => {
  expect(await inside(app, ours, `select distinct org_id from ledger`)).toEqual([{ org_id: ours }])
  expect(await inside(app, null, `select from ledger`)).toEqual([])
})

test('hashes are HFL1: the test vector, in SQL', async () => {
  const vector = JSON.parse(readFileSync(new URL('../../../ledger/vectors/hfl1.json', import.meta.url), 'utf8')) as {
    org: string
    genesis: string
    entries: { seq: number; at: string; prev: string; body: string; hash: string }[]
  }
  const genesis = await root.query(`select encode(sha256('HFL1 genesis'::bytea || uuid_send($1::uuid)), 'hex') as hash`, [
    vector.org,
  ])
  expect(genesis.rows).toEqual([{ hash: vector.genesis }])
  for (const { seq, at, prev, body, hash } of vector.entries) {
    const { rows } = await root.query(
      `select encode(ledger_hash($1, $2, $3, decode($4, 'hex'), sha256(convert_to($5, 'UTF8'))), 'hex') as hash`,
      [vector.org, seq, at, prev, body],
    )
    expect(rows).toEqual([{ hash }])
  }
})

/** Number of entries, and of those that do not continue the one before. */
const chain = `
  select count(*)::int as entries, count(*) filter (where not (
    seq = place and prev = coalesce(before, sha256('HFL1 genesis'::bytea || uuid_send(org_id))) and at_us >= coalesce(earlier, 0)
    and hash = ledger_hash(org_id, seq, at_us, prev, sha256(convert_to(body, 'UTF8')))))::int as broken
  from (select *, row_number() over w - 1 as place, lag(hash) over w as before, lag(at_us) over w as earlier from ledger where org_id = '${ours}' window w as (order by seq)) l`

test('writers at once make one chain; a REPEATABLE READ appender fails instead of forking it', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect(fences.database.app)))
  await Promise.all(
    clients.map(async (client, i) => {
      for (let n = 0; n < 15; n++)
        await change(client, ours, 'pe_ours', () => client.query(`insert into item (id) values ($1)`, [`c${i}_${n}`]))
    }),
  )
  const [first, second] = clients
  if (!first || !second) throw new Error('no clients')
  await first.query('begin isolation level repeatable read')
  await first.query('select enter($1, $2, true)', [ours, 'pe_ours'])
  await first.query('select from ledger')
  await change(second, ours, 'pe_ours', () => second.query(edit))
  await expect(first.query(append)).rejects.toMatchObject({ code: '23505' })
  await first.query('rollback')
  await Promise.all(clients.map((client) => client.end()))
  const { rows } = await root.query<{ entries: number; broken: number }>(chain)
  expect(rows[0]?.broken).toBe(0)
  expect(rows[0]?.entries).toBeGreaterThan(120)
})

test('an edit past the fence breaks the chain', async () => {
  await root.query(
    `begin; alter table ledger disable trigger refuse_change; update ledger set body = replace(body, 'test', 'tess') where org_id = '${ours}' and seq = 3`,
  )
  expect((await root.query<{ broken: number }>(chain)).rows[0]?.broken).toBe(1)
  await root.query('rollback')
})
