import { PersonId } from '@holdfast/contract'
import type { Entered } from '../../kernel/handle.ts'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf, readPerson } from '../../kernel/people.ts'

export const tokenPlace = (row: string) => ({ table: 'factor_recovery', column: 'token_sealed', row })
export const reasonPlace = (row: string) => ({ table: 'factor_recovery', column: 'reason_sealed', row })

interface About {
  id: string
  personId: string
  tokenSealed: Buffer
}

/** To the person, at every step, with the link that stops it while it can be stopped. */
export const tellPerson = async (
  entered: Entered,
  { id, personId, tokenSealed }: About,
  publicUrl: string,
  { what, stoppable }: { what: string; stoppable: boolean },
): Promise<void> => {
  const person = PersonId.parse(personId)
  const { name, email: to } = await readPerson(entered, person)
  const token = stoppable ? await entered.vault.openText('org', tokenPlace(id), tokenSealed) : null
  const stop = token === null ? '' : `\n\nIf you did not want this, stop it with one click: ${publicUrl}/recovery/stop#${token}`
  const text = `Hello ${name},\n\n${what}${stop}\n`
  await queueMail(entered, { to, subject: 'Recovery of your second factor', text, personId: person })
}

/** To the Owners and Admins, but for the person. */
export const tellManagers = async (
  entered: Entered,
  { id, personId }: Pick<About, 'id' | 'personId'>,
  publicUrl: string,
): Promise<void> => {
  const rows = await entered.tx
    .selectFrom('membership')
    .select('personId')
    .where('role', 'in', ['owner', 'admin'])
    .where('personId', '!=', personId)
    .orderBy('personId')
    .limit(20)
    .execute()
  const people = await peopleOf(entered, [personId, ...rows.map((row) => row.personId)])
  const who = people.get(personId)?.name ?? 'A member'
  for (const { personId: manager } of rows) {
    const known = people.get(manager)
    if (!known) continue
    const text = `Hello ${known.name},\n\n${who} has lost their second factor and all recovery codes. Speak to them, in person or by a number you know, and decide:\n\n${publicUrl}/members/recoveries/${id}\n\nTwo of you must confirm.\n`
    await queueMail(entered, { to: known.email, subject: `${who} has lost their second factor`, text, personId: known.id })
  }
}
