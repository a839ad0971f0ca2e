import { operator } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { schedule } from '../../kernel/job.ts'
import { foundWithin } from '../../kernel/second-chain.ts'
import { changeAs } from '../../kernel/unit.ts'
import { planRefusal } from './rules.ts'

/** An entry in both chains: the organisation reads in its own when its plan changed, and that the operator did it. */
export const setPlan = handle(operator.setPlan, async ({ id, plan, endsAt }, context) => {
  const { orgId, now, fail } = context
  const ends = endsAt === null ? null : new Date(endsAt)
  const refusal = planRefusal(id === orgId, ends, now)
  if (refusal) throw fail(refusal)
  await foundWithin(context, id, operator.setPlan.audit.action, async ({ tx }) => {
    const set = tx.updateTable('org').set({ plan, planEndsAt: ends, planBefore: null })
    if (!(await set.returning('id').executeTakeFirst())) throw fail('organisation_not_found')
  })
  return { id, plan, endsAt: ends?.toISOString() ?? null }
})

/** At the end of a plan its configuration freezes; nothing that runs by it is touched. Up to an hour late, which is in the customer's favour. */
export const lapse = schedule('organisation.lapse', '41 * * * *', async ({ services: { ground, clock }, orgId }) => {
  await changeAs(ground, 'organisation.lapse', orgId, async ({ tx }) => {
    const lapsed = await tx
      .selectFrom('org')
      .select('plan')
      .where('planEndsAt', '<=', clock.now())
      .where('plan', '<>', 'starter')
      .forUpdate()
      .executeTakeFirst()
    if (!lapsed) return null
    await tx.updateTable('org').set({ plan: 'starter', planBefore: lapsed.plan }).execute()
    return { value: null, action: 'organisation.plan_lapsed', targetId: orgId, reason: `${lapsed.plan} ended` }
  })
})
