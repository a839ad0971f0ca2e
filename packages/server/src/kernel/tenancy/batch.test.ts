import type { Client, ClientConfig } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { runBatch } from './batch.ts'

let database: TestDatabase
let client: Client
const clients: Client[] = []
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await Promise.all(clients.map((each) => each.end()))
  await database.drop()
})
describe.each([{ pipeline: false }, { pipeline: true }])('pipeline: $pipeline', ({ pipeline }) => {
  beforeAll(async () => {
    client = await connect({ ...database.app, pipeline } as ClientConfig)
    clients.push(client)
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

  test('many at once, before any is parsed, one of them failing', async () => {
    const other = await connect({ ...database.app, pipeline } as ClientConfig)
    clients.push(other)
    const half = (n: number) => ({ name: 'half', text: 'select 10 / $1::int as n', values: [n] })
    const third = { name: 'third', text: 'select 3 as n' }
    const outcomes = await Promise.allSettled([
      runBatch(other, [half(5), third]),
      runBatch(other, [half(0), third]),
      runBatch(other, [third, half(2)]),
      other.query('select 1'),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    const [first, , last] = outcomes
    expect(
      [first, last].map((o) =>
        o?.status === 'fulfilled' && Array.isArray(o.value) ? o.value.map(({ rows }) => rows[0]?.['n']) : null,
      ),
    ).toEqual([
      [2, 3],
      [3, 5],
    ])
  })

  test('batches and single queries may be sent without waiting; a lost connection rejects them', async () => {
    const [a, b] = await Promise.all([runBatch(client, [{ name: 'a', text: 'select 1 as n' }]), client.query('select 2 as n')])
    expect([a[0]?.rows, b.rows]).toEqual([[{ n: 1 }], [{ n: 2 }]])
    const other = await connect({ ...database.app, pipeline } as ClientConfig)
    const lost = runBatch(other, [{ name: 'sleep', text: 'select pg_sleep(5)' }])
    const root = await connect(database.admin)
    const rejected = expect(lost).rejects.toThrow(/terminat/)
    await root.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(5)%' and pid <> pg_backend_pid()`,
    )
    await rejected
    await root.end()
  })
})
