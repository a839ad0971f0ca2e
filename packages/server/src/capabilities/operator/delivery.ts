import { EnvelopeError } from '@holdfast/crypto'
import { MailId, type OrgId } from '@holdfast/contract'
import { z } from 'zod'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import { mailPlace, mailScope } from '../../kernel/mail.ts'
import { MailNotTaken, MailRefused, type OutgoingMail } from '../../kernel/mailer.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'
import { failureOf, keptDays } from './rules.ts'

type Waiting = OutgoingMail & { createdAt: Date }

/** The mail, opened; null when it does not wait any more. Entered as the recipient where their key seals it, who may have left by now. */
const waiting = async ({ services: { ground }, orgId }: JobContext, id: string): Promise<Waiting | null> => {
  const row = await readIn(ground, orgId, null, ({ tx }) =>
    tx.selectFrom('mail').selectAll().where('id', '=', id).where('state', '=', 'queued').executeTakeFirst(),
  )
  if (!row?.textSealed) return null
  const { personId, toSealed, subjectSealed, textSealed, createdAt } = row
  const scope = mailScope(personId)
  return readIn(ground, orgId, personId as never, async ({ vault }) => ({
    id,
    createdAt,
    to: await vault.openText(scope, mailPlace('to_sealed', id), toSealed),
    subject: await vault.openText(scope, mailPlace('subject_sealed', id), subjectSealed),
    text: await vault.openText(scope, mailPlace('text_sealed', id), textSealed),
  }))
}

/** What became of it; once. The text, which may hold a link that opens something, goes with it unless it is kept for the operator. */
const settle = (
  { services: { ground, clock } }: JobContext,
  orgId: OrgId,
  id: string,
  state: 'sent' | 'held' | 'failed',
  { failure = null, keepText = false }: { failure?: string | null; keepText?: boolean } = {},
) =>
  changeAs(ground, 'mail.send', orgId, async ({ tx }) => {
    const changed = await tx
      .updateTable('mail')
      .set({ state, failure, ...(state === 'sent' && { sentAt: clock.now() }), ...(!keepText && { textSealed: null }) })
      .where('id', '=', id)
      .where('state', '=', 'queued')
      .returning('id')
      .executeTakeFirst()
    return changed ? { value: null, action: `mail.${state}`, targetId: id, ...(failure !== null && { reason: failure }) } : null
  })

/**
 * Without a mail server the operator hands mail over. One organisation cannot read another's rows, so a copy goes to the operator's
 * organisation, sealed by its key, first; its id makes a second run find it there.
 */
const hold = async (context: JobContext, { id, to, subject, text, createdAt }: Waiting): Promise<void> => {
  const { services, orgId } = context
  const operator = await services.secrets.operatorOrg()
  if (!operator) throw new Error('mail before there is an operator')
  if (operator !== orgId) {
    await changeAs(services.ground, 'mail.send', operator, async ({ tx, vault }) => {
      const sealed = {
        toSealed: await vault.seal('org', mailPlace('to_sealed', id), to),
        subjectSealed: await vault.seal('org', mailPlace('subject_sealed', id), subject),
        textSealed: await vault.seal('org', mailPlace('text_sealed', id), text),
      }
      const values = { id, personId: null, ...sealed, state: 'held' as const, failure: null, createdAt, sentAt: null }
      const copied = await tx
        .insertInto('mail')
        .values(values)
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return copied ? { value: null, action: 'mail.received_for_handing_over', targetId: id } : null
    })
  }
  await settle(context, orgId, id, 'held', { keepText: operator === orgId })
}

/** Sends one mail. What may pass is thrown, so that the queue tries again with growing pauses; after an hour it has failed. */
export const send = job('mail.send', z.object({ id: MailId }), async ({ id }, context) => {
  const { services, orgId } = context
  let mail: Waiting | null
  try {
    mail = await waiting(context, id)
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    await settle(context, orgId, id, 'failed', { failure: 'Its key was erased.' })
    return
  }
  if (!mail) return
  if (!services.mailer) return hold(context, mail)
  try {
    await services.mailer.send(mail)
  } catch (error) {
    if (!(error instanceof MailRefused) && !(error instanceof MailNotTaken)) throw error
    const failure = failureOf(error, services.clock.now().getTime() - mail.createdAt.getTime())
    if (failure === null) throw error
    await settle(context, orgId, id, 'failed', { failure })
    return
  }
  await settle(context, orgId, id, 'sent')
})

/** Mail is no archive: what is older than a month goes, in bounded steps. */
export const tidy = schedule('mail.tidy', '17 3 * * *', async ({ services: { ground, clock }, orgId }) => {
  const before = new Date(clock.now().getTime() - keptDays * 86_400_000)
  await changeAs(ground, 'mail.tidy', orgId, async ({ tx }) => {
    const old = tx.selectFrom('mail').select('id').where('createdAt', '<', before).orderBy('id').limit(500)
    const gone = await tx.deleteFrom('mail').where('id', 'in', old).returning('id').execute()
    return gone.length > 0
      ? { value: null, action: 'mail.forgotten', targetId: 'mail', reason: `${gone.length} mails older than ${keptDays} days` }
      : null
  })
})
