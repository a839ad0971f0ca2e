import type { OrgId, PersonId } from '@holdfast/contract'
import type { z } from 'zod'
import type { Services } from './services.ts'

export interface JobContext {
  services: Services
  orgId: OrgId
  /** The person whose operation asked for the job; null for schedules. */
  personId: PersonId | null
  log: (message: string, detail?: Record<string, unknown>) => void
}

/**
 * Work after an operation, enqueued in its transaction by `enqueue`. The payload carries ids only: whatever they name is read inside the
 * organisation that enqueued it. A job may run twice; it must find out itself what is left to do.
 */
export interface Job {
  name: string
  payload: z.ZodObject
  run: (payload: never, context: JobContext) => Promise<void>
}

export const job = <P extends z.ZodObject>(
  name: string,
  payload: P,
  run: (payload: z.output<P>, context: JobContext) => Promise<void>,
): Job => ({
  name,
  payload,
  run,
})

/** Work by the clock, once for each organisation. */
export interface Schedule {
  name: string
  /** Five fields, UTC. */
  cron: string
  run: (context: JobContext) => Promise<void>
  /** Among which organisations: all, or those whose clock has something to do within the next two minutes (one question for all). */
  among?: 'all' | 'waking'
  /** Also once when a node starts. */
  atStart?: true
}

export const schedule = (
  name: string,
  cron: string,
  run: Schedule['run'],
  options: Pick<Schedule, 'among' | 'atStart'> = {},
): Schedule => ({ name, cron, run, ...options })
