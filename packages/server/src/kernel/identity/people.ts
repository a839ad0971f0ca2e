import type { PersonId } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import type { Vault } from '../vault.ts'

/** Name and address are sealed under the person's own key, so that destroying it erases them everywhere. */
export interface SealedPerson {
  id: string
  nameSealed: Buffer
  emailSealed: Buffer
}
export interface Person {
  id: PersonId
  name: string
  email: string
}

const place = (column: 'name_sealed' | 'email_sealed', row: string) => ({ table: 'person', column, row })

/** For many persons call `vault.warm` first. */
export const openPerson = async (vault: Vault, { id, nameSealed, emailSealed }: SealedPerson): Promise<Person> => ({
  id: id as PersonId,
  name: await vault.openText({ person: id }, place('name_sealed', id), nameSealed),
  email: await vault.openText({ person: id }, place('email_sealed', id), emailSealed),
})

export const sealName = (vault: Vault, id: PersonId, name: string): Promise<Buffer> =>
  vault.seal({ person: id }, place('name_sealed', id), name)

/** One person that may be seen from the organisation entered: oneself or a fellow member. Throws when there is none. */
export const readPerson = async ({ tx, vault }: Entered, id: PersonId): Promise<Person> => {
  const row = await tx
    .selectFrom('person')
    .select(['id', 'nameSealed', 'emailSealed'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return openPerson(vault, row)
}

export interface NewPerson extends Person {
  /** From `blindIndex`. */
  emailIndex: Buffer
  passwordHash: string
}

/** Adds a person; the transaction must have been entered as that person. */
export const createPerson = async (
  { tx, vault }: Entered,
  { id, name, email, emailIndex, passwordHash }: NewPerson,
): Promise<void> => {
  const nameSealed = await sealName(vault, id, name)
  const emailSealed = await vault.seal({ person: id }, place('email_sealed', id), email)
  await tx.insertInto('person').values({ id, emailIndex, emailSealed, nameSealed, passwordHash, mfaEnrolledAt: null }).execute()
}
