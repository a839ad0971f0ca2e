import { z } from 'zod'
import { job, schedule } from '../job.ts'
import { planWakes, runDue } from './engine.ts'
import { repairClocks } from './repair.ts'
import { wakeTask } from './wake.ts'

/** Wakes at the second at which something is due. */
export const wake = job(wakeTask, z.object({ second: z.number().int() }), async (_, { services, orgId }) => {
  await runDue(services, orgId)
  await planWakes(services, orgId)
})

/** Every minute and at the start, where the clock has something to do: what a lost job or a down time left, and what comes next. */
export const reconcile = schedule(
  'obligation.reconcile',
  '* * * * *',
  async ({ services, orgId }) => {
    await runDue(services, orgId)
    await planWakes(services, orgId)
  },
  { among: 'waking', atStart: true },
)

/** Every hour and at the start: the clocks against their history. */
export const repair = schedule(
  'obligation.repair',
  '17 * * * *',
  async (context) => {
    await repairClocks(context)
  },
  { atStart: true },
)
