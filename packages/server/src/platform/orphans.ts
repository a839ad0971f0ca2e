import { EventEmitter } from 'node:events'
import type { WorkerEvents } from 'graphile-worker'
import type pg from 'pg'

/** Names our advisory locks among others. */
const lockClass = 1_214_411_894
const everyMs = 15_000

/** Jobs held in a name whose lock nobody has: `pg_try_advisory_xact_lock` succeeds only where the process is gone. */
const releaseText = `
  select graphile_worker.force_unlock_workers(array(
    select name from (
      select distinct locked_by as name from graphile_worker._private_jobs where locked_at < now() - interval '10 seconds'
    ) held where pg_try_advisory_xact_lock($1, hashtext(name))))`

export interface Orphans {
  /** For the queue to run with: it tells the name in which this process takes jobs. */
  events: WorkerEvents
  /** Gives back the jobs of processes that died. */
  release: () => Promise<void>
  stop: () => Promise<void>
}

/**
 * A job whose process was killed stays taken for four hours: a mail about a deadline would come four hours late. So a process holds an advisory
 * lock on its name, on a connection that goes when it goes; and every node looks for jobs taken in a name that has none. Should that
 * connection alone break while a job runs, the job runs a second time, as jobs may.
 */
export const watchOrphans = (pool: pg.Pool, onError: (error: unknown) => void): Orphans => {
  let name: string | null = null
  let holder: Promise<pg.PoolClient> | null = null
  let stopped = false

  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect()
    client.once('error', (error) => {
      holder = null
      client.release(error)
    })
    await client.query('select pg_advisory_lock($1, hashtext($2))', [lockClass, name])
    return client
  }
  const hold = async (): Promise<void> => {
    if (name === null || stopped) return
    holder ??= connect()
    await holder.catch((error: unknown) => {
      holder = null
      throw error
    })
  }
  const release = async (): Promise<void> => {
    await hold()
    if (!stopped) await pool.query(releaseText, [lockClass])
  }

  const events: WorkerEvents = new EventEmitter()
  events.on('pool:create', ({ workerPool }) => {
    name = workerPool.id
    void hold().catch(onError)
  })
  const timer = setInterval(() => void release().catch(onError), everyMs)
  return {
    events,
    release,
    stop: async () => {
      stopped = true
      clearInterval(timer)
      const client = await holder?.catch(() => null)
      client
        ?.removeAllListeners('error')
        .on('error', () => undefined)
        .release(true)
    },
  }
}
