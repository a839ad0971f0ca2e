import { hashToken } from '@holdfast/crypto'
import { PersonId, recovery, recoveryDecision, recoveryEnrolment, type OrgId, type RecoveryId } from '@holdfast/contract'
import { handle, handlePublic, type Entered } from '../../kernel/handle.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { belongsHereOnly } from '../../kernel/identity/recovery.ts'
import { lockRoles } from '../../kernel/membership.ts'
import { onObligation } from '../../kernel/obligation/hook.ts'
import { isOneOf, readPerson } from '../../kernel/people.ts'
import { common } from '../../kernel/problem.ts'
import { confirmationsOf, lockRecovery, present } from './rows.ts'
import { confirmationsNeeded, confirmRefusal, delayHours, usableHours } from './rules.ts'
import { tellPerson } from './telling.ts'

const hours = (count: number): number => count * 3_600_000
const later = (now: Date, count: number): Date => new Date(now.getTime() + hours(count))

/** Two different people, each with a proof for this very act; the recovery stays locked until commit, so neither slips by the other. */
export const confirm = handle(recovery.confirm, async (input, context) => {
  const { id } = input
  const { tx, now, fail, obligations, services } = context
  const me = context.person()
  const about = await tx.selectFrom('factorRecovery').select('personId').where('id', '=', id).executeTakeFirst()
  if (!about) throw fail('recovery_not_found')
  const subjectId = PersonId.parse(about.personId)
  const roles = await lockRoles(tx, [me, subjectId]) // before the recovery, as whoever changes a role does
  const row = await lockRecovery(context, id)
  if (!row) throw fail('recovery_not_found')
  const mine = roles.get(me) ?? null
  if (mine !== 'owner' && mine !== 'admin') throw common('forbidden', { permission: 'member:write' })
  const before = await confirmationsOf(context, [id])
  const isSubject = await isOneOf(context, me, [subjectId])
  const confirmedAlready = await isOneOf(
    context,
    me,
    before.map(({ personId }) => personId),
  )
  const standing = { mine, subject: roles.get(subjectId) ?? null, isSubject, state: row.state, before, confirmedAlready }
  const refusal = confirmRefusal(standing)
  if (refusal) throw fail(refusal)
  if (!(await belongsHereOnly(context, subjectId))) throw fail('not_recoverable_here')
  await confirmFresh(context, proofOf(recovery.confirm, input), fail)
  await tx
    .insertInto('factorRecoveryConfirmation')
    .values({ recoveryId: id, subjectId, personId: me, role: mine, at: now })
    .execute()
  if (before.length + 1 < confirmationsNeeded) {
    obligations.unneeded(recoveryDecision)
    obligations.unneeded(recoveryEnrolment)
    const what = 'one of the two who must confirm the recovery of your second factor has done so.'
    await tellPerson(context, row, services.publicUrl, { what, stoppable: true })
    return present(context, id)
  }
  const readyAt = later(now, delayHours)
  const readyUntil = later(readyAt, usableHours)
  await tx.updateTable('factorRecovery').set({ state: 'confirmed', readyAt, readyUntil }).where('id', '=', id).execute()
  await obligations.meet(recoveryDecision, { subject: id })
  const { name } = await readPerson(context, subjectId)
  await obligations.open(recoveryEnrolment, { subject: id, label: `New second factor of ${name}`, person: subjectId })
  const what = `two Owners or Admins confirmed the recovery of your second factor. From ${readyAt.toISOString()} until ${readyUntil.toISOString()} you can enrol a new one: sign in with your password.`
  await tellPerson(context, row, services.publicUrl, { what, stoppable: true })
  return present(context, id)
})

export const end = async (
  entered: Entered,
  id: string,
  state: 'refused' | 'stopped' | 'lapsed',
  now: Date,
  by: PersonId | null,
) => {
  await entered.tx.updateTable('factorRecovery').set({ state, endedAt: now, endedBy: by }).where('id', '=', id).execute()
}

export const refuse = handle(recovery.refuse, async ({ id, reason }, context) => {
  const { now, fail, obligations, services, because } = context
  const row = await lockRecovery(context, id)
  if (!row) throw fail('recovery_not_found')
  if (row.personId === context.person()) throw fail('own_recovery', 'Stop it with the link in your mail.')
  if (row.state !== 'asked' && row.state !== 'confirmed') throw fail('not_open')
  because(reason)
  await end(context, id, 'refused', now, context.person())
  for (const kind of [recoveryDecision, recoveryEnrolment]) await obligations.withdraw(kind, { subject: id }, 'It was refused.')
  const what = 'the recovery of your second factor was refused. Speak to an Owner or Admin.'
  await tellPerson(context, row, services.publicUrl, { what, stoppable: false })
  return present(context, id)
})

/** Whoever has the mail may stop it, signed in or not: stopping harms nobody who is honest. */
export const stop = handlePublic(recovery.stop, async ({ token }, context) => {
  const { gate, now, fail, enter, obligations, services } = context
  const invalid = () => fail('link_invalid', 'It was used, stopped or has lapsed already.')
  const [found] = await gate.ask<{ org_id: OrgId; id: RecoveryId; person_id: PersonId }>('gate_recovery', [hashToken(token)])
  if (!found) throw invalid()
  const entered = enter(found.org_id, found.person_id)
  const row = await lockRecovery(entered, found.id)
  if (row?.state !== 'asked' && row?.state !== 'confirmed') throw invalid()
  await end(entered, found.id, 'stopped', now, found.person_id)
  for (const kind of [recoveryDecision, recoveryEnrolment])
    await obligations.withdraw(kind, { subject: found.id }, 'The person stopped it.')
  const what =
    'you stopped the recovery of your second factor. If somebody else began it, change your password: they may know it.'
  await tellPerson(entered, row, services.publicUrl, { what, stoppable: false })
  return { id: found.id }
})

/** What the clock does: nobody decided within a week, or the right was not used. */
const lapse = async ({ subject }: { subject: string }, entered: Entered & { now: Date }): Promise<void> => {
  const row = await lockRecovery(entered, subject)
  if (row?.state === 'asked' || row?.state === 'confirmed') await end(entered, subject, 'lapsed', entered.now, null)
}
export const lapsing = [onObligation(recoveryDecision, ['breached'], lapse), onObligation(recoveryEnrolment, ['breached'], lapse)]
