import type { PersonId } from '@holdfast/contract'
import type { Entered, Origin } from '../handle.ts'
import { queueMail } from '../mail.ts'
import { peopleOf } from '../people.ts'

/** Stands among the ways a session was proved (`amr`): it came by the emergency way in beside enforced single sign-on. */
export const byBreakGlass = 'break_glass'

/** Tells every Owner that somebody came in beside single sign-on. */
export const tellOfBreakGlass = async (
  entered: Entered,
  { personId, now, origin, publicUrl }: { personId: PersonId; now: Date; origin: Origin; publicUrl: string },
): Promise<void> => {
  const owners = await entered.tx.selectFrom('membership').select('personId').where('role', '=', 'owner').limit(50).execute()
  const people = await peopleOf(entered, [personId, ...owners.map(({ personId: id }) => id)])
  const who = people.get(personId)?.name ?? 'Somebody'
  for (const { personId: id } of owners) {
    const owner = people.get(id)
    if (!owner) continue
    const text = `Hello ${owner.name},

${who} signed in beside single sign-on, by the emergency way in, at ${now.toISOString()} from ${origin.address}.

If it was a drill or an emergency that you know of, there is nothing to do.
If not, end the session and name another Owner for it at once: ${publicUrl}/settings/sign-on
`
    await queueMail(entered, { to: owner.email, subject: 'The emergency way in was used', text, personId: owner.id })
  }
}
