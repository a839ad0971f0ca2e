import type { PersonId } from '@holdfast/contract'
import type { Entered } from './handle.ts'
import { serviceAccountNames } from './service-accounts.ts'
import type { Compilable } from 'kysely'
import { together, transactionOf } from './tenancy/org-tx.ts'
import type { Sendable } from './tenancy/transaction.ts'
import type { Vault } from './vault.ts'

export interface Person {
  id: PersonId
  name: string
  email: string
}

/** Name and address are sealed under the person's own key, so that destroying it erases them everywhere. */
interface SealedPerson {
  id: string
  /** Null once erased, as is the address. */
  nameSealed: Buffer | null
  emailSealed: Buffer | null
}

/** `+tags` of one mailbox, and capital letters, make no other person. It is the least: whoever has two mailboxes is two people to us. */
export const mailboxOf = (email: string): string => {
  const [local = '', domain = ''] = email.toLowerCase().split('@')
  return `${local.split('+', 1)[0]}@${domain}`
}

const place = (column: 'name_sealed' | 'email_sealed', row: string) => ({ table: 'person', column, row })

const openText = (vault: Vault, id: string, column: 'name_sealed' | 'email_sealed', envelope: Buffer | null): Promise<string> =>
  envelope === null ? Promise.resolve('') : vault.openText({ person: id }, place(column, id), envelope)

const openPerson = async (vault: Vault, { id, nameSealed, emailSealed }: SealedPerson): Promise<Person> => ({
  id: id as PersonId,
  name: await openText(vault, id, 'name_sealed', nameSealed),
  email: await openText(vault, id, 'email_sealed', emailSealed),
})

/** Names and addresses of those of the given people who can be seen here; one query and one unwrap however many they are. */
export const peopleOf = async (
  { tx, vault }: Pick<Entered, 'tx' | 'vault'>,
  ids: readonly string[],
): Promise<Map<string, Person>> => {
  const wanted = [...new Set(ids.filter((id) => id.startsWith('pe_')))]
  if (wanted.length === 0) return new Map()
  const rows = await tx.selectFrom('person').select(['id', 'nameSealed', 'emailSealed']).where('id', 'in', wanted).execute()
  await vault.warm(rows.map(({ id }) => ({ person: id })))
  const people = await Promise.all(rows.map((row) => openPerson(vault, row)))
  return new Map(people.map((person) => [person.id, person]))
}

/** Whether one of them is this person, or has their mailbox: two accounts with one mailbox are one person, whatever the ids say. */
export const isOneOf = async (reader: Pick<Entered, 'tx' | 'vault'>, me: string, others: readonly string[]): Promise<boolean> => {
  if (others.includes(me)) return true
  const people = await peopleOf(reader, [me, ...others])
  const mine = people.get(me)
  return others.some((id) => {
    const other = people.get(id)
    return mine !== undefined && other !== undefined && other.email !== '' && mailboxOf(other.email) === mailboxOf(mine.email)
  })
}

/** Names only, of people and service accounts; people who are gone are missing. */
export const namesOf = async (reader: Pick<Entered, 'tx' | 'vault'>, ids: readonly string[]): Promise<Map<string, string>> =>
  new Map([
    ...[...(await peopleOf(reader, ids))].map(([id, { name }]) => [id, name] as const),
    ...(await serviceAccountNames(reader, ids)),
  ])

/** One person that may be seen from the organisation entered: oneself or a fellow member. Throws when there is none. */
export const readPerson = async ({ tx, vault }: Pick<Entered, 'tx' | 'vault'>, id: PersonId): Promise<Person> => {
  const row = await tx
    .selectFrom('person')
    .select(['id', 'nameSealed', 'emailSealed'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return openPerson(vault, row)
}

/** What somebody else says a person is called, their provider or directory, in one line: it stands in mails to others. */
const oneLine = (name: string): string => name.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()

export const sealName = (vault: Vault, id: PersonId, name: string): Promise<Buffer> =>
  vault.seal({ person: id }, place('name_sealed', id), oneLine(name))

export interface NewPerson extends Person {
  /** From `blindIndex`. */
  emailIndex: Buffer
  /** Null: they sign in by their organisation's provider. */
  passwordHash: string | null
}

const insertPerson = async ({ tx, vault }: Entered, { id, name, email, emailIndex, passwordHash }: NewPerson) => {
  const nameSealed = await sealName(vault, id, oneLine(name) || email)
  const emailSealed = await vault.seal({ person: id }, place('email_sealed', id), email)
  return tx.insertInto('person').values({ id, emailIndex, emailSealed, nameSealed, passwordHash, mfaEnrolledAt: null })
}

/** Adds a person; the transaction must have been entered as that person. */
export const createPerson = async (entered: Entered, person: NewPerson): Promise<void> => {
  await (await insertPerson(entered, person)).execute()
}

const entering = (orgId: string, personId: PersonId | null): Sendable => ({
  sql: 'select enter($1, $2, true)',
  parameters: [orgId, personId],
})

/**
 * Adds a person as they themselves would (row security of `person` and their key), for a directory that answers for them, and sends `then` along: one
 * message for all of it. The organisation entered stays.
 */
export const createPersonFor = async (
  entered: Entered,
  person: NewPerson,
  then: readonly Compilable<unknown>[],
): Promise<void> => {
  const { tx, vault } = entered
  const { orgId } = transactionOf(tx)
  const key = await vault.begin({ person: person.id })
  const insert = (await insertPerson(entered, person)).compile()
  await together(tx, then, [entering(orgId, person.id), key, insert, entering(orgId, null)])
}

/**
 * Does in this transaction what only a person themselves may (row security of `person` and their key), for a directory that answers for them.
 * The organisation entered stays.
 */
export const asPerson = async <T>({ tx }: Pick<Entered, 'tx'>, personId: PersonId, work: () => Promise<T>): Promise<T> => {
  const { orgId, queries } = transactionOf(tx)
  await queries([entering(orgId, personId)])
  const done = await work()
  await queries([entering(orgId, null)])
  return done
}
