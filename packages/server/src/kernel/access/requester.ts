import { PersonId, ServiceAccountId } from '@holdfast/contract'
import '../service-accounts.ts'

/** What shows whose a grant is; `g` is the grant, `a` its service account (left join). */
export const requesterColumns = [
  'g.personId',
  'a.id as accountId',
  'a.name as accountName',
  'a.ownerId as accountOwnerId',
] as const

interface Row {
  personId: string | null
  accountId: string | null
  accountName: string | null
  accountOwnerId: string | null
}

export const presentRequester = ({ personId, accountId, accountName, accountOwnerId }: Row) => ({
  personId: personId === null ? null : PersonId.parse(personId),
  serviceAccount:
    accountId === null || accountName === null || accountOwnerId === null
      ? null
      : { id: ServiceAccountId.parse(accountId), name: accountName, ownerId: PersonId.parse(accountOwnerId) },
})
