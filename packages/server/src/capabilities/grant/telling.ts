import { PersonId } from '@holdfast/contract'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf } from '../../kernel/people.ts'
import type { Ctx } from './people.ts'
import { mayDecide, type Rules } from './rules.ts'
import { rolesOf } from './rows.ts'

const atMost = 20
const inWords = (seconds: number): string =>
  seconds >= 7200 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 60)} minutes`

/** Those who could approve are asked to. */
export const askApprovers = async (
  context: Ctx,
  { id, login, seconds, personId }: { id: string; login: string; seconds: number; personId: string },
  targetName: string,
  rules: Rules,
): Promise<void> => {
  const { tx, services } = context
  const rows = await tx
    .selectFrom('membership')
    .select('personId')
    .where('role', 'in', ['owner', 'admin', 'reviewer'])
    .limit(500)
    .execute()
  const roles = await rolesOf(
    tx,
    rows.map((row) => row.personId),
  )
  const approvers = [...roles]
    .filter(([who, role]) => who !== personId && mayDecide(rules, { personId: who, role }))
    .slice(0, atMost)
  const people = await peopleOf(context, [personId, ...approvers.map(([who]) => who)])
  const asker = people.get(personId)?.name ?? 'Somebody'
  for (const [who] of approvers) {
    const person = people.get(who)
    if (!person) continue
    const text = `Hello ${person.name},\n\n${asker} asks for access to ${targetName} as ${login}, for ${inWords(seconds)}. Read the request and decide:\n\n${services.publicUrl}/access/grants/${id}\n`
    await queueMail(context, {
      to: person.email,
      subject: `Access to ${targetName}: a request`,
      text,
      personId: PersonId.parse(who),
    })
  }
}

/** The requester hears what became of it. */
export const tellRequester = async (
  context: Ctx,
  { id, personId }: { id: string; personId: string },
  targetName: string,
  what: string,
): Promise<void> => {
  if (personId === context.person()) return
  const person = (await peopleOf(context, [personId])).get(personId)
  if (!person) return // has left
  const text = `Hello ${person.name},\n\nyour access to ${targetName} ${what}.\n\n${context.services.publicUrl}/access/grants/${id}\n`
  await queueMail(context, {
    to: person.email,
    subject: `Access to ${targetName} ${what}`,
    text,
    personId: PersonId.parse(personId),
  })
}
