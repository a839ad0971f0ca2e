import { atLeast, obligationNamed, PersonId, Role, roles } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import { queueMail } from '../mail.ts'
import { peopleOf } from '../people.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'
import type { Calendar } from './calendar.ts'
import type { Happening } from './hook.ts'

/** Those who hold the role; where nobody does, those of the next stronger one. */
export const holdersOf = (role: Role, members: readonly { personId: string; role: Role }[]): string[] => {
  const stronger = roles.filter((other) => atLeast(other, role)).toReversed()
  const held = stronger.find((other) => members.some((member) => member.role === other))
  return members.filter((member) => member.role === held).map(({ personId }) => personId)
}

const membersHolding = async (tx: OrgTx, role: Role): Promise<string[]> => {
  const rows = await tx
    .selectFrom('membership')
    .select(['personId', 'role'])
    .where(
      'role',
      'in',
      roles.filter((other) => atLeast(other, role)),
    )
    .orderBy('personId')
    .limit(1000)
    .execute()
  return holdersOf(
    role,
    rows.map(({ personId, role: held }) => ({ personId, role: Role.parse(held) })),
  )
}

/** Whoever answers for it. A person who has left answers for nothing any more: then the Admins do. */
const answerable = async (tx: OrgTx, { personId, role }: Happening): Promise<string[]> => {
  if (personId === null) return membersHolding(tx, Role.parse(role))
  const member = await tx.selectFrom('membership').select('personId').where('personId', '=', personId).executeTakeFirst()
  return member ? [personId] : membersHolding(tx, 'admin')
}

const spans = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** A span in words, by its largest unit: `3 days`, `2 hours`, `1 minute`. */
export const spanInWords = (ms: number): string => {
  const [word, size] = spans.find(([, length]) => Math.abs(ms) >= length * 1.5) ?? ['minute', 60_000]
  const count = Math.max(1, Math.round(Math.abs(ms) / size))
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

const timeIn = ({ timeZone }: Calendar, at: Date): string => {
  const shown = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'short' }).format(at)
  return `${shown} (${timeZone})`
}

const opening = ({ step, dueAt }: Happening, now: Date): string => {
  if (step === 'warned') return `Due in ${spanInWords(dueAt.getTime() - now.getTime())}`
  return step === 'breached' ? 'Overdue' : `${spanInWords(now.getTime() - dueAt.getTime())} overdue`
}

/** The mail about what happened. The label is the organisation's own words. */
export const mailFor = (happening: Happening, calendar: Calendar, now: Date, publicUrl: string) => {
  const { id, kind, label, subject, dueAt, step } = happening
  const declared = obligationNamed(kind)
  const title = declared?.title ?? kind
  const where = declared ? publicUrl + declared.page.replace(':subject', encodeURIComponent(subject)) : ''
  const told = step === 'escalated' ? 'This has not been done, and is brought to your attention:' : 'This is yours to do:'
  return {
    subject: `${opening(happening, now)}: ${title} – ${label}`.slice(0, 200),
    text: (name: string) =>
      [
        ...[`Hello ${name},`, '', told, '', `  ${title}: ${label}`, `  Deadline: ${timeIn(calendar, dueAt)}`, ''],
        ...[where && `Do it: ${where}`, `History: ${publicUrl}/due/${id}`, ''],
      ].join('\n'),
  }
}

/** Writes to whom the step concerns, in the same transaction. Returns how many. */
export const tell = async (
  entered: Entered,
  happening: Happening,
  calendar: Calendar,
  now: Date,
  publicUrl: string,
): Promise<number> => {
  const { to } = happening
  const ids =
    to === null || to === 'answerable'
      ? await answerable(entered.tx, happening)
      : await membersHolding(entered.tx, Role.parse(to))
  const people = await peopleOf(entered, ids.slice(0, 100))
  const { subject, text } = mailFor(happening, calendar, now, publicUrl)
  for (const { id, name, email } of people.values())
    await queueMail(entered, { to: email, subject, text: text(name), personId: PersonId.parse(id) })
  return people.size
}
