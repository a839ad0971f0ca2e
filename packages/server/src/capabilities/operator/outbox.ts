import { EnvelopeError } from '@holdfast/crypto'
import { MailId, operator } from '@holdfast/contract'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { mailPlace, mailScope } from '../../kernel/mail.ts'

const columns = ['id', 'personId', 'toSealed', 'subjectSealed', 'textSealed', 'state', 'createdAt', 'sentAt', 'failure'] as const
const shownStates = ['held', 'failed'] as const

interface Row {
  id: string
  personId: string | null
  toSealed: Buffer
  subjectSealed: Buffer
  textSealed: Buffer | null
  state: 'queued' | 'sent' | 'held' | 'failed'
  createdAt: Date
  sentAt: Date | null
  failure: string | null
}

/** What the recipient's key seals is gone from here when they are; the row stays to say that there was a mail. */
const openOr = async (
  { vault }: Pick<Context, 'vault'>,
  row: Row,
  column: 'to_sealed' | 'subject_sealed' | 'text_sealed',
  envelope: Buffer | null,
): Promise<string> => {
  if (!envelope) return ''
  return vault.openText(mailScope(row.personId), mailPlace(column, row.id), envelope).catch((error: unknown) => {
    if (error instanceof EnvelopeError) return '(not readable any more)'
    throw error
  })
}

const present = async (context: Pick<Context, 'vault'>, row: Row) => ({
  id: MailId.parse(row.id),
  to: await openOr(context, row, 'to_sealed', row.toSealed),
  subject: await openOr(context, row, 'subject_sealed', row.subjectSealed),
  state: row.state,
  createdAt: row.createdAt.toISOString(),
  sentAt: row.sentAt?.toISOString() ?? null,
  failure: row.failure,
})

export const outbox = handle(operator.outbox, async ({ limit, after }, { tx, vault }) => {
  const cursor = cursorOf(MailId, after)
  let query = tx.selectFrom('mail').select(columns).where('state', 'in', shownStates)
  if (cursor !== null) query = query.where('id', '<', cursor)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  await vault.warm(shown.map(({ personId }) => mailScope(personId)))
  return {
    rows: await Promise.all(shown.map((row) => present({ vault }, row))),
    next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  }
})

export const mail = handle(operator.mail, async ({ id }, { tx, vault, fail }) => {
  const row = await tx
    .selectFrom('mail')
    .select(columns)
    .where('id', '=', id)
    .where('state', 'in', shownStates)
    .executeTakeFirst()
  if (!row) throw fail('mail_not_found')
  return { ...(await present({ vault }, row)), text: await openOr({ vault }, row, 'text_sealed', row.textSealed) }
})
