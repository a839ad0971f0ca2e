import { recoveryDecision, recoveryEnrolment } from '@holdfast/contract'
import type { MemberHook } from '../../kernel/membership.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { end } from './deciding.ts'
import { confirmationsOf, rolesAmong } from './rows.ts'
import { stillStands } from './rules.ts'
import { tellPerson } from './telling.ts'

const why = 'the role of somebody it depends on has changed'

/** Between the confirmations and the new factor lies a day: what two agreed to ends when they could not agree to it any more. */
export const whenRolesChange: MemberHook = async ({ personId, now }, entered) => {
  const { tx } = entered
  const confirmed = tx.selectFrom('factorRecoveryConfirmation').select('recoveryId').where('personId', '=', personId)
  const open = await tx
    .selectFrom('factorRecovery')
    .selectAll()
    .where('state', 'in', ['asked', 'confirmed'])
    .where(({ or, eb }) => or([eb('personId', '=', personId), eb('id', 'in', confirmed)]))
    .orderBy('id')
    .limit(100)
    .forUpdate()
    .execute()
  if (open.length === 0) return
  const given = await confirmationsOf(
    entered,
    open.map(({ id }) => id),
  )
  const roles = await rolesAmong(entered, [...open, ...given])
  for (const row of open) {
    const by = given.filter(({ recoveryId }) => recoveryId === row.id).map((each) => roles.get(each.personId) ?? null)
    if (stillStands({ state: row.state, subject: roles.get(row.personId) ?? null, by })) continue
    await end(entered, row.id, 'lapsed', now, null)
    for (const kind of [recoveryDecision, recoveryEnrolment])
      await obligationsIn(entered, now).withdraw(kind, { subject: row.id }, `Ended: ${why}.`)
    if (roles.has(row.personId))
      await tellPerson(entered, row, entered.services.publicUrl, {
        what: `the recovery of your second factor has ended, since ${why}. Ask for it again.`,
        stoppable: false,
      })
  }
}
