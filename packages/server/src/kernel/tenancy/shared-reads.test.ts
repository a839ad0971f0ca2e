import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { statement } from './batch.ts'
import { sharedReads, type Reads } from './shared-reads.ts'

let database: TestDatabase
let pool: pg.Pool
let reads: Reads
beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(async () => {
  await pool?.end()
  pool = new pg.Pool({ ...database.app, max: 6, pipeline: true } as pg.PoolConfig)
  pool.on('connect', (client) => void client.on('error', () => {}))
  pool.on('error', () => {})
  reads = sharedReads(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const valueOf = async (text: string, ...values: unknown[]): Promise<unknown> => {
  const results = await reads([statement(text, values)])
  return results.at(-1)?.rows[0]?.['v']
}

test('hundreds of reads at once need few connections, each gets its own answer, and all connections are given back', async () => {
  let most = 0
  pool.on('acquire', () => (most = Math.max(most, pool.totalCount - pool.idleCount)))
  const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => valueOf('select $1::int as v', n)))
  expect(answers).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(most).toBeLessThanOrEqual(6)
  expect(pool.idleCount).toBe(pool.totalCount)
})

test('what one batch sets is gone before the next on the same connection, whether it ended well or not', async () => {
  const set = statement(`select set_config('holdfast.org', $1, true)`, ['mine'])
  const read = statement(`select current_setting('holdfast.org', true) as v`)
  const fail = statement('select 1 / $1::int as v', [0])
  const batches = Array.from({ length: 90 }, (_, n) => {
    if (n % 3 === 0) return reads([set, read]).then((results) => results[1]?.rows[0]?.['v'])
    if (n % 3 === 1) return reads([set, fail]).catch((error: { code?: string }) => error.code)
    return reads([read]).then((results) => results[0]?.rows[0]?.['v'] ?? '')
  })
  const answers = await Promise.all(batches)
  expect(answers).toEqual(Array.from({ length: 90 }, (_, n) => ['mine', '22012', ''][n % 3]))
})

test('a setting that outlived its transaction would be seen by whoever comes next: the fence is that it is local', async () => {
  await reads([statement(`select set_config('holdfast.org', 'mine', false)`)])
  expect(await valueOf(`select current_setting('holdfast.org', true) as v`)).toBe('mine')
})

test('nobody queues behind a read that is known to be slow', async () => {
  await Promise.all([valueOf('select 1 as v'), valueOf('select 1 as v')])
  const slow = [valueOf('select pg_sleep(2)::text as v'), valueOf('select pg_sleep(2)::text as v')]
  await new Promise((resolve) => setTimeout(resolve, 30))
  let over = false
  const both = Promise.all(slow).then(() => (over = true))
  expect(await Promise.all([1, 2, 3].map((n) => valueOf('select $1::int as v', n)))).toEqual([1, 2, 3])
  expect(over).toBe(false)
  await both
})

test('a lost connection fails those on it and nobody after them', async () => {
  const root = new pg.Client(database.admin)
  await root.connect()
  const lost = [valueOf('select pg_sleep(5)::text as v'), valueOf('select pg_sleep(5)::text as v')]
  const outcomes = Promise.allSettled(lost)
  const end = `select count(pg_terminate_backend(pid)) as n from pg_stat_activity where query like 'select pg_sleep(5)%' and state = 'active'`
  await expect.poll(async () => Number((await root.query<{ n: string }>(end)).rows[0]?.n)).toBeGreaterThan(0)
  await expect.poll(async () => Number((await root.query<{ n: string }>(end)).rows[0]?.n)).toBe(0)
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await valueOf('select 7 as v')).toBe(7)
  await root.end()
})
