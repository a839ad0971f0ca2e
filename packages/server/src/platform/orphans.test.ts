import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startPlatform, type FoundedPlatform, type Platform } from '../../test/platform.ts'
import { job } from '../kernel/job.ts'
import { watchOrphans } from './orphans.ts'
import { startQueue } from './queue.ts'

let platform: Platform
let founded: FoundedPlatform
let pool: pg.Pool
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  pool = new pg.Pool({ ...platform.database.jobs, max: 8 })
  pool.on('error', () => undefined).on('connect', (client) => void client.on('error', () => undefined))
})
afterAll(async () => {
  await pool.end()
  await platform?.close()
})

const fail = (error: unknown): void => {
  throw error
}
const start = (run: () => Promise<void>) =>
  startQueue({
    pool,
    services: platform.services,
    jobs: [job('test.work', z.object({}), run)],
    schedules: [],
    log: () => undefined,
  })
const add = () =>
  platform.admin.query(`select graphile_worker.add_job('test.work', json_build_object('org', $1::text))`, [founded.orgId])
const held = async (): Promise<number> =>
  (await platform.admin.query(`select from graphile_worker._private_jobs where locked_by is not null`)).rowCount ?? 0
/** As if it had been taken a minute ago. */
const age = (worker: string | null) =>
  platform.admin.query(
    `update graphile_worker._private_jobs set locked_at = now() - interval '1 minute', locked_by = coalesce($1, locked_by)`,
    [worker],
  )

test('the job of a process that was killed is done by whoever starts next, not four hours later', async () => {
  await add()
  await age('worker-that-was-killed')
  let done = 0
  const queue = await start(async () => void done++)
  await expect.poll(() => done, { timeout: 10_000 }).toBe(1)
  await queue.stop()
})

test('the job of a process that lives is left to it, however long it takes; killed, it is given back', async () => {
  let finish = (): void => undefined
  let started = 0
  const queue = await start(() => new Promise((resolve) => ((finish = resolve), started++)))
  const sweeper = watchOrphans(pool, fail)
  try {
    await add()
    await expect.poll(() => started, { timeout: 10_000 }).toBe(1)
    await age(null)
    await sweeper.release()
    expect(await held()).toBe(1)

    // The connection that says the process lives goes, as it does with the process.
    await platform.admin.query(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1214411894 and granted
         and database = (select oid from pg_database where datname = current_database())`,
    )
    const heldAfterwards = async (): Promise<number> => {
      await sweeper.release()
      return held()
    }
    await expect.poll(heldAfterwards, { timeout: 5_000 }).toBe(0)
  } finally {
    finish()
    await queue.stop()
    await sweeper.stop()
  }
}, 30_000)
