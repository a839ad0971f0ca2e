import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createTestDatabase, type TestDatabase } from '../../test/database.ts'
import { runBatch } from './batch.ts'

let database: TestDatabase
let client: Client
beforeAll(async () => {
  database = await createTestDatabase()
  client = await connect(database.app)
})
afterAll(async () => {
  await client.end()
  await database.drop()
})
const begin = { name: 'begin', text: 'begin' }
const commit = { name: 'commit', text: 'commit' }
const rollback = { name: 'rollback', text: 'rollback' }

test('one result for each statement, values converted as by pg', async () => {
  const values = [1, 'two', null, true, new Date(0), Buffer.from('x'), [1, 2], { a: 1 }]
  const text = 'select $1::int i, $2::text t, $3::text n, $4::bool b, $5::timestamptz d, $6::bytea x, $7::int[] l, $8::jsonb o'
  const results = await runBatch(client, [begin, { name: 'all', text, values }, commit])
  expect(results.map(({ rowCount }) => rowCount)).toEqual([null, 1, null])
  expect(results[1]?.rows).toEqual([
    { i: 1, t: 'two', n: null, b: true, d: new Date(0), x: Buffer.from('x'), l: [1, 2], o: { a: 1 } },
  ])
})

test('the first error skips the rest and leaves the connection usable, prepared statements included', async () => {
  const fails = { name: 'fails', text: 'select 1 / $1::int as n', values: [0] }
  const never = { name: 'never', text: 'select set_config($1, $2, false)', values: ['holdfast.org', 'reached'] }
  await expect(runBatch(client, [begin, fails, never])).rejects.toMatchObject({ code: '22012' })
  await runBatch(client, [rollback])
  await expect(runBatch(client, [fails])).rejects.toMatchObject({ code: '22012' })
  expect((await runBatch(client, [{ ...fails, values: [1] }]))[0]?.rows).toEqual([{ n: 1 }])
  expect((await client.query(`select current_setting('holdfast.org', true) as org`)).rows).toEqual([{ org: null }])
})

test('a statement that does not parse is reported and can be replaced', async () => {
  await expect(runBatch(client, [{ name: 'bad', text: 'selec' }])).rejects.toMatchObject({ code: '42601' })
  expect((await runBatch(client, [{ name: 'bad', text: 'select 1 as n' }]))[0]?.rows).toEqual([{ n: 1 }])
})

test('batches and single queries may be sent without waiting; a lost connection rejects them', async () => {
  const [a, b] = await Promise.all([runBatch(client, [{ name: 'a', text: 'select 1 as n' }]), client.query('select 2 as n')])
  expect([a[0]?.rows, b.rows]).toEqual([[{ n: 1 }], [{ n: 2 }]])
  const other = await connect(database.app)
  const lost = runBatch(other, [{ name: 'sleep', text: 'select pg_sleep(5)' }])
  const root = await connect(database.admin)
  const rejected = expect(lost).rejects.toThrow(/terminat/)
  await root.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(5)%' and pid <> pg_backend_pid()`,
  )
  await rejected
  await root.end()
})
