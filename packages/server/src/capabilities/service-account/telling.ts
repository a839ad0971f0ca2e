import { PersonId, type Role } from '@holdfast/contract'
import { queueMail } from '../../kernel/mail.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { peopleOf } from '../../kernel/people.ts'

/** Who answers for the accounts and whoever was shown the secrets, as far as they are members; where there is nobody, who manages. */
const whomToTell = async (
  { tx }: Parameters<MemberHook>[1],
  { personId, role }: { personId: PersonId; role: Role | null },
  owners: readonly string[],
): Promise<PersonId[]> => {
  const concerned = [...new Set([...owners, personId])].filter((id) => role !== null || id !== personId)
  const members = tx.selectFrom('membership').select('personId').orderBy('personId').limit(50)
  const there = concerned.length === 0 ? [] : await members.where('personId', 'in', concerned).execute()
  const found = there.length > 0 ? there : await members.where('role', 'in', ['owner', 'admin']).execute()
  return found.map((one) => PersonId.parse(one.personId))
}

/** What runs by a key that ends sooner is to be given another secret in time: a mail says which, until when, and why. */
export const tellOfCutKeys = async (
  entered: Parameters<MemberHook>[1],
  change: { personId: PersonId; role: Role | null; latest: Date },
  keys: readonly string[],
): Promise<void> => {
  if (keys.length === 0) return
  const rows = await entered.tx
    .selectFrom('apiKey as k')
    .innerJoin('serviceAccount as a', 'a.id', 'k.serviceAccountId')
    .select(['k.id', 'k.name', 'a.name as account', 'a.ownerId'])
    .where('k.id', 'in', [...keys])
    .orderBy('k.id')
    .limit(100)
    .execute()
  const told = await whomToTell(
    entered,
    change,
    rows.map(({ ownerId }) => ownerId),
  )
  const people = await peopleOf(entered, [...told, change.personId])
  const why =
    change.role === null
      ? 'Somebody who was shown the secrets of these keys is no member any more'
      : `${people.get(change.personId)?.name ?? 'Somebody'} was shown the secrets of these keys, and is no stronger than their accounts any more`
  for (const id of told) {
    const person = people.get(id)
    if (!person) continue
    const list = rows.map(({ name, account }) => `  ${name} of ${account}`).join('\n')
    const text =
      `Hello ${person.name},\n\n${why}. They run out on ${change.latest.toISOString().slice(0, 10)}:\n\n${list}\n\n` +
      `Let an Owner or Admin rotate them before, or what runs by them stops.\n\n${entered.services.publicUrl}/service-accounts\n`
    await queueMail(entered, { to: person.email, subject: 'Keys of service accounts run out sooner', text, personId: id })
  }
}
