import type { OrgId } from '@holdfast/contract'
import type { OrgTx } from './tenancy/org-tx.ts'
import type { Vault } from './vault.ts'

interface Reader {
  tx: OrgTx
  vault: Vault
  orgId: OrgId
}

const open = (vault: Vault, id: string, column: 'name_sealed' | 'email_sealed', envelope: Buffer | null): Promise<string> =>
  envelope === null ? Promise.resolve('') : vault.openText({ person: id }, { table: 'person', column, row: id }, envelope)

export interface Person {
  id: string
  name: string
  email: string
}

/** Names and addresses of those of the given people who can be seen here; one query and one unwrap however many they are. */
export const peopleOf = async (
  { tx, vault }: Pick<Reader, 'tx' | 'vault'>,
  ids: readonly string[],
): Promise<Map<string, Person>> => {
  const wanted = [...new Set(ids.filter((id) => id.startsWith('pe_')))]
  if (wanted.length === 0) return new Map()
  const rows = await tx.selectFrom('person').select(['id', 'nameSealed', 'emailSealed']).where('id', 'in', wanted).execute()
  await vault.warm(rows.map(({ id }) => ({ person: id })))
  const people = await Promise.all(
    rows.map(async ({ id, nameSealed, emailSealed }) => ({
      id,
      name: await open(vault, id, 'name_sealed', nameSealed),
      email: await open(vault, id, 'email_sealed', emailSealed),
    })),
  )
  return new Map(people.map((person) => [person.id, person]))
}

/** Names only; people who are gone are missing. */
export const namesOf = async (reader: Reader, ids: readonly string[]): Promise<Map<string, string>> =>
  new Map([...(await peopleOf(reader, ids))].map(([id, { name }]) => [id, name]))
