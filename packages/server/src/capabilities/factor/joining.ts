import { queueMail } from '../../kernel/mail.ts'
import type { AdoptionHook, JoinHook } from '../../kernel/membership.ts'
import { asPerson, peopleOf, readPerson } from '../../kernel/people.ts'
import type { Entered } from '../../kernel/handle.ts'
import type { PersonId } from '@holdfast/contract'
import { appsOf, passkeysOf } from './queries.ts'

const day = (at: string): string => at.slice(0, 10)

/** Sessions that can be led into any organisation that their person belongs to. */
const liveSessions = async ({ tx }: Entered, personId: PersonId, now: Date): Promise<number> => {
  const live = tx
    .selectFrom('session')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('personId', '=', personId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .where('idleExpiresAt', '>', now)
  return Number((await live.executeTakeFirstOrThrow()).count)
}

/** What opens the account of the person entered, beside their password. */
const whatOpens = async ({ tx, vault }: Entered, personId: PersonId, now: Date) => {
  const own = { tx, vault, now, person: () => personId }
  const [passkeys, apps] = [await passkeysOf(own), await appsOf(own)]
  const lines = [
    ...passkeys.map(
      ({ label, confirmedAt, lastUsedAt }) =>
        `  Passkey “${label}”, since ${day(confirmedAt)}, ${lastUsedAt === null ? 'never used' : `last used ${day(lastUsedAt)}`}`,
    ),
    ...apps.map(({ label, confirmedAt }) => `  Authenticator app “${label}”, since ${day(confirmedAt)}`),
    `  Sessions signed in now: ${await liveSessions({ tx, vault }, personId, now)}`,
  ]
  return { factors: passkeys.length + apps.length, text: lines.join('\n') }
}

const removeIt = (publicUrl: string): string =>
  `Is there anything that you do not know? Remove it, end your sessions and change your password: ${publicUrl}/settings/account`

const organisationIn = async ({ tx }: Pick<Entered, 'tx'>): Promise<string> =>
  (await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()).name

/**
 * Whatever opens an account opens every organisation that its person joins, a passkey that somebody else planted once among it: whoever joins another one is
 * told what there is. Who has just made their account has nothing yet, and gets no mail.
 */
export const tellWhatOpens: JoinHook = async ({ personId, role }, context) => {
  const { now, services } = context
  const opens = await whatOpens(context, personId, now)
  if (opens.factors === 0) return role
  const organisation = await organisationIn(context)
  const { name, email } = await readPerson(context, personId)
  const text =
    `Hello ${name},\n\nyou are a member of ${organisation} now. What opens your account opens it too, beside your password:\n\n${opens.text}\n\n` +
    `${removeIt(services.publicUrl)}\n`
  await queueMail(context, { to: email, subject: `You joined ${organisation}`, text, personId })
  return role
}

/**
 * Whose account a directory takes in did nothing for it, and may not know of it: they are told, at their own address, what it means, what opens the account and whom
 * to ask. The directory learns nothing by it.
 */
export const tellWhoWasTakenIn: AdoptionHook = async ({ personId, joined, answerable }, context) => {
  const { now, services } = context
  const opens = await asPerson(context, personId, () => whatOpens(context, personId, now))
  const organisation = await organisationIn(context)
  const people = await peopleOf(context, [personId, answerable])
  const [person, owner] = [people.get(personId), people.get(answerable)]
  if (!person) throw new Error('taken in, and not to be seen')
  const member = joined ? `You are a member of ${organisation} now` : `You were a member of ${organisation} already`
  const ask = owner ? `${owner.name} (${owner.email}), who set this up` : `an Owner of ${organisation}`
  const text =
    `Hello ${person.name},\n\nthe directory of ${organisation} took your account in, since ${organisation} has proved that the domain of your address is its own. ` +
    `${member}; from here on the directory says which role you have there, and ends it. Nothing changes for you in other organisations.\n\n` +
    `What opens your account opens ${organisation} too, beside your password, if you have one:\n\n${opens.text}\n\n${removeIt(services.publicUrl)}\n\n` +
    `Have you nothing to do with ${organisation}, or is something wrong? Ask ${ask}.\n`
  await queueMail(context, { to: person.email, subject: `The directory of ${organisation} took your account in`, text, personId })
}
