import { serviceAccountOwner, serviceAccountReview } from '@holdfast/contract'
import type { Entered } from '../../kernel/handle.ts'
import { after, days } from '../../kernel/identity/lifetimes.ts'
import { schedule } from '../../kernel/job.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { changeAs } from '../../kernel/unit.ts'
import { leaverKeyDays } from './rules.ts'

/** The Admins owe an owner to each account whose owner is no member; returns for how many that is new. */
const askForOwners = async (entered: Entered, now: Date): Promise<number> => {
  const rows = await entered.tx
    .selectFrom('serviceAccount as a')
    .leftJoin('membership as m', 'm.personId', 'a.ownerId')
    .leftJoin('obligationClock as c', (join) => join.onRef('c.subject', '=', 'a.id').on('c.kind', '=', serviceAccountOwner.name))
    .select(['a.id', 'a.name'])
    .where('a.disabledAt', 'is', null)
    .where('m.personId', 'is', null)
    .where('c.obligationId', 'is', null)
    .orderBy('a.id')
    .limit(100)
    .execute()
  const obligations = obligationsIn(entered, now)
  await obligations.openMany(
    serviceAccountOwner,
    rows.map(({ id, name }) => ({ subject: id, label: name, role: 'admin' })),
  )
  for (const { id } of rows)
    await obligations.withdraw(serviceAccountReview, { subject: id }, 'Who answered for it is no member any more.')
  return rows.length
}

/**
 * An account outlives the person who answered for it, since what runs by it must not stop with them. What they know of it does not: keys whose
 * secret they were shown run out within days, and the Admins owe a new owner.
 */
export const whenSomebodyLeaves: MemberHook = async ({ personId, role, now }, entered) => {
  if (role !== null) return
  const latest = after(now, days(leaverKeyDays))
  await entered.tx
    .updateTable('apiKey')
    .set({ expiresAt: latest })
    .where('createdBy', '=', personId)
    .where('serviceAccountId', 'is not', null)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', latest)
    .execute()
  await askForOwners(entered, now)
}

/** Whatever way somebody left. */
export const upkeep = schedule('serviceAccount.upkeep', '23 * * * *', async ({ services, orgId }) => {
  const now = services.clock.now()
  await changeAs(services.ground, 'serviceAccount.upkeep', orgId, async (unit) => {
    const asked = await askForOwners(unit, now)
    return asked === 0
      ? null
      : { value: null, action: 'service_account.owner_missing', targetId: orgId, reason: `${asked} accounts` }
  })
})
