import { z } from 'zod'
import { advanceTask } from '../../kernel/access/rotation.ts'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'
import { lockRotation } from './rows.ts'
import { takeStep } from './steps.ts'

const actions = { made: 'ssh_authority.made', moved: 'ssh_authority.moved', retired: 'ssh_authority.retired' } as const

/** Each step is an entry of its own. Twice, or on two nodes at once, it is taken once. */
const advance = async ({ services, orgId }: JobContext, id: string): Promise<void> => {
  for (let step = 0; step < 3; step += 1) {
    const now = services.clock.now()
    const done = await changeAs(services.ground, advanceTask, orgId, async (unit) => {
      const row = await lockRotation(unit.tx, id)
      const taken = row && (await takeStep(unit, row, services, now))
      return taken ? { value: taken, action: actions[taken], targetId: id } : null
    })
    if (!done) return
  }
}

export const advanceOne = job(advanceTask, z.object({ id: z.string() }), ({ id }, context) => advance(context, id))

/** What the queue has missed, and hosts that were retired or whose certificates ran out. */
export const advanceAll = schedule('sshAuthority.advance-missed', '*/5 * * * *', async (context) => {
  const running = await readIn(context.services.ground, context.orgId, null, ({ tx }) =>
    tx.selectFrom('sshRotation').select('id').where('retiredAt', 'is', null).limit(3).execute(),
  )
  for (const { id } of running) await advance(context, id)
})
