import { operator, type Plan } from '@holdfast/contract'
import { handle, type Entered } from '../../kernel/handle.ts'
import { schedule } from '../../kernel/job.ts'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf } from '../../kernel/people.ts'
import { foundWithin } from '../../kernel/second-chain.ts'
import { changeAs } from '../../kernel/unit.ts'
import { lapseMail, lostBetween, planRefusal } from './rules.ts'

const ownersAtMost = 50

/** Tells every Owner what they can no longer change, and that nobody is locked out. Nobody is told where nothing was lost. */
const tellOwners = async (
  entered: Entered,
  { before, after }: { before: Plan; after: Plan },
  publicUrl: string,
): Promise<void> => {
  const lost = lostBetween(before, after)
  if (lost.length === 0) return
  const { tx } = entered
  const { name: organisation } = await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
  const owners = await tx.selectFrom('membership').select('personId').where('role', '=', 'owner').limit(ownersAtMost).execute()
  const people = await peopleOf(
    entered,
    owners.map(({ personId }) => personId),
  )
  for (const { id, name, email } of people.values())
    await queueMail(entered, { to: email, personId: id, ...lapseMail({ name, organisation, before, after, lost }, publicUrl) })
}

/** An entry in both chains: the organisation reads in its own when its plan changed, and that the operator did it. */
export const setPlan = handle(operator.setPlan, async ({ id, plan, endsAt }, context) => {
  const { orgId, now, fail, services } = context
  const ends = endsAt === null ? null : new Date(endsAt)
  const refusal = planRefusal(id === orgId, ends, now)
  if (refusal) throw fail(refusal)
  await foundWithin(context, id, operator.setPlan.audit.action, async (entered) => {
    const { tx } = entered
    const held = await tx.selectFrom('org').select('plan').forUpdate().executeTakeFirst()
    if (!held) throw fail('organisation_not_found')
    await tx.updateTable('org').set({ plan, planEndsAt: ends, planBefore: null }).execute()
    await tellOwners(entered, { before: held.plan, after: plan }, services.publicUrl)
  })
  return { id, plan, endsAt: ends?.toISOString() ?? null }
})

/** At the end of a plan its configuration freezes; nothing that runs by it is touched, and its Owners are told. Up to an hour late, which is in the customer's favour. */
export const lapse = schedule('organisation.lapse', '41 * * * *', async ({ services: { ground, clock, publicUrl }, orgId }) => {
  await changeAs(ground, 'organisation.lapse', orgId, async (unit) => {
    const { tx } = unit
    const lapsed = await tx
      .selectFrom('org')
      .select('plan')
      .where('planEndsAt', '<=', clock.now())
      .where('plan', '<>', 'starter')
      .forUpdate()
      .executeTakeFirst()
    if (!lapsed) return null
    await tx.updateTable('org').set({ plan: 'starter', planBefore: lapsed.plan }).execute()
    await tellOwners(unit, { before: lapsed.plan, after: 'starter' }, publicUrl)
    return { value: null, action: 'organisation.plan_lapsed', targetId: orgId, reason: `${lapsed.plan} ended` }
  })
})
