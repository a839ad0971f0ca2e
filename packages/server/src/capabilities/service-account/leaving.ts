import { roles, serviceAccountOwner, serviceAccountReview, type Role } from '@holdfast/contract'
import { grantsEndBy } from '../../kernel/access/secret-ends.ts'
import type { Entered } from '../../kernel/handle.ts'
import { after, days, shownSecretDays } from '../../kernel/identity/lifetimes.ts'
import { schedule } from '../../kernel/job.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { isWeaker } from '../../kernel/service-accounts.ts'
import { changeAs } from '../../kernel/unit.ts'
import { tellOfCutKeys } from './telling.ts'

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

/** Whoever is as strong as this, or stronger, is not weaker than a member of that role; all, where they are none any more. */
const notWeakerThan = (role: Role | null): readonly Role[] =>
  role === null ? roles : roles.filter((account) => !isWeaker(account, role))

/**
 * An account outlives the person who answered for it, since what runs by it must not stop with them. What they know of it does not: keys whose
 * secret they were shown run out within days where the account is not weaker than they are now, and of who has left the Admins owe a new owner.
 */
export const whenSomebodyChanges: MemberHook = async ({ personId, role, by, now }, entered) => {
  const latest = after(now, days(shownSecretDays))
  const nearer = await entered.tx
    .updateTable('apiKey')
    .set({ expiresAt: latest, cutShortAt: now, cutShortWhy: role === null ? 'left' : 'role_lowered' })
    .where('createdBy', '=', personId)
    .where(
      'serviceAccountId',
      'in',
      entered.tx.selectFrom('serviceAccount').select('id').where('role', 'in', notWeakerThan(role)),
    )
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', latest)
    .returning('id')
    .execute()
  const cut = nearer.map(({ id }) => id)
  await tellOfCutKeys(entered, { personId, role, latest }, cut)
  if (role === null) await askForOwners(entered, now)
  await grantsEndBy(entered, cut, latest, { by, now })
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
