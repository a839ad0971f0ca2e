import { PersonId } from '@holdfast/contract'
import { queueMail } from '../../kernel/mail.ts'
import { namesOf, peopleOf } from '../../kernel/people.ts'
import type { Ctx } from './people.ts'
import { holdersOf } from './machines.ts'
import { mayDecide, type Rules } from '../../kernel/access/entitled.ts'
import { rolesOf, type GrantRow } from './rows.ts'

const atMost = 20
const inWords = (seconds: number): string =>
  seconds >= 7200 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 60)} minutes`

type Whose = Pick<GrantRow, 'personId' | 'serviceAccountId'>

const askerWords = async (context: Ctx, { personId, serviceAccountId }: Whose): Promise<string> => {
  const id = personId ?? serviceAccountId ?? ''
  const name = (await namesOf(context, [id])).get(id)
  return personId === null ? `The service account ${name ?? id}` : (name ?? 'Somebody')
}

/** Those who could approve are asked to. */
export const askApprovers = async (
  context: Ctx,
  { id, login, seconds, personId, serviceAccountId }: Whose & { id: string; login: string; seconds: number },
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
  const own = serviceAccountId === null ? [personId] : await holdersOf(tx, serviceAccountId, context.now)
  const approvers = [...roles]
    .filter(([who, role]) => !own.includes(who) && mayDecide(rules, { personId: who, role }))
    .slice(0, atMost)
  const people = await peopleOf(
    context,
    approvers.map(([who]) => who),
  )
  const asker = await askerWords(context, { personId, serviceAccountId })
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

/** Who hears what becomes of a request: the person, or whoever answers for the service account. */
const hearerOf = async ({ tx }: Ctx, { personId, serviceAccountId }: Whose): Promise<{ id: string; account: string | null }> => {
  if (personId !== null) return { id: personId, account: null }
  const row = tx.selectFrom('serviceAccount').select(['ownerId', 'name']).where('id', '=', serviceAccountId)
  const { ownerId, name } = await row.executeTakeFirstOrThrow()
  return { id: ownerId, account: name }
}

/** Whoever asked hears what became of it. */
export const tellRequester = async (
  context: Ctx,
  { id, ...whose }: Whose & { id: string },
  targetName: string,
  what: string,
): Promise<void> => {
  const hearer = await hearerOf(context, whose)
  if (hearer.id === context.person()) return
  const person = (await peopleOf(context, [hearer.id])).get(hearer.id)
  if (!person) return // has left
  const access =
    hearer.account === null ? 'your access' : `access of the service account ${hearer.account}, for which you answer,`
  const text = `Hello ${person.name},\n\n${access} to ${targetName} ${what}.\n\n${context.services.publicUrl}/access/grants/${id}\n`
  await queueMail(context, {
    to: person.email,
    subject: `Access${hearer.account === null ? '' : ` of ${hearer.account}`} to ${targetName} ${what}`,
    text,
    personId: PersonId.parse(hearer.id),
  })
}
