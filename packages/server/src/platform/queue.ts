import { OrgId, PersonId } from '@holdfast/contract'
import { Logger, parseCronItems, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import { z } from 'zod'
import type { Job, JobContext, Schedule } from '../kernel/job.ts'
import type { Services } from '../kernel/services.ts'
import { watchOrphans } from './orphans.ts'

export interface QueueOptions {
  /** As `holdfast_jobs`; one connection listens, one tells that this process is alive, the others take and end jobs. */
  pool: pg.Pool
  services: Services
  jobs: readonly Job[]
  schedules: readonly Schedule[]
  log: JobContext['log']
}

const Envelope = z.object({ org: OrgId, person: PersonId.nullish() })

/** The library's own lines may carry payloads and error texts: only warnings and errors, and only their first sentence. */
const quietLogger = (log: JobContext['log']): Logger =>
  new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log(message.split('\n')[0] ?? '')
  })

/** Runs the queue in this process; several nodes share one queue. `stop` lets running jobs end. */
export const startQueue = async ({
  pool,
  services,
  jobs,
  schedules,
  log,
}: QueueOptions): Promise<{ stop: () => Promise<void> }> => {
  const contextIn = (orgId: OrgId, personId: PersonId | null): JobContext => ({ services, orgId, personId, log })
  const organisations = async (among: Schedule['among']): Promise<OrgId[]> => {
    const soon = new Date(services.clock.now().getTime() + 120_000)
    const { rows } = await (among === 'waking'
      ? pool.query<{ org: string }>('select list_orgs_waking($1, 5000) as org', [soon])
      : pool.query<{ org: string }>('select list_orgs() as org'))
    return rows.map(({ org }) => OrgId.parse(org))
  }
  const taskList: TaskList = {}
  for (const { name, payload, run: work } of jobs) {
    taskList[name] = async (raw) => {
      const { org, person } = Envelope.parse(raw)
      await services.ground.barrier() // what the job makes known outside must already be on disk
      await work(payload.parse(raw) as never, contextIn(org, person ?? null))
    }
  }
  for (const { name, run: work, among } of schedules) {
    taskList[name] = async () => {
      for (const org of await organisations(among)) {
        await work(contextIn(org, null)).catch((error: unknown) =>
          log('a scheduled job failed', { job: name, org, cause: error }),
        )
      }
    }
  }
  const orphans = watchOrphans(pool, services.ground.onError)
  const runner = await run({
    pgPool: pool,
    events: orphans.events,
    taskList,
    parsedCronItems: parseCronItems(
      schedules.map(({ name, cron }) => ({ task: name, match: cron, identifier: name, options: { backfillPeriod: 0 } })),
    ),
    concurrency: 2,
    pollInterval: 2_000,
    noHandleSignals: true,
    logger: quietLogger(log),
  })
  for (const { name } of schedules.filter(({ atStart }) => atStart)) await runner.addJob(name, {}, { jobKey: name })
  await orphans.release()
  return {
    stop: async () => {
      await runner.stop()
      await orphans.stop()
    },
  }
}
