import { Role, Scope } from '@holdfast/contract'
import { sql } from 'kysely'
import '../../kernel/api-keys.ts'
import { secretUntil } from '../../kernel/access/secret-ends.ts'
import { isWeaker } from '../../kernel/service-accounts.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { GrantRow } from './rows.ts'
import type { Machine } from '../../kernel/access/entitled.ts'

/** The service account of a grant, as it is now. */
export interface MachineNow extends Machine {
  name: string
  /** Who answers for it. */
  ownerId: string
  /** Until when the secret that asked opens anything; null: nothing any more. */
  until: Date | null
}

const mayAskBy = (scopes: readonly string[] | null): boolean => (scopes ?? []).includes(Scope.enum['access:request'])

/**
 * Null for a person's grant. The role is what the account may do by the key that asked: none where the account is disabled, the key is revoked, over or
 * narrowed to other things, or that secret of it is.
 */
export const machineOf = async (
  tx: OrgTx,
  { serviceAccountId, keyId, keyGeneration }: Pick<GrantRow, 'serviceAccountId' | 'keyId' | 'keyGeneration'>,
  now: Date,
): Promise<MachineNow | null> => {
  if (serviceAccountId === null || keyId === null || keyGeneration === null) return null
  const row = await tx
    .selectFrom('serviceAccount as a')
    .innerJoin('apiKey as k', 'k.serviceAccountId', 'a.id')
    .select(['a.name', 'a.ownerId', 'a.role', 'a.disabledAt', 'k.role as keyRole', 'k.scopes'])
    .select(['k.generation', 'k.expiresAt', 'k.oldUntil', 'k.revokedAt'])
    .where('a.id', '=', serviceAccountId)
    .where('k.id', '=', keyId)
    .executeTakeFirstOrThrow()
  const until = row.disabledAt === null ? secretUntil(row, keyGeneration, now) : null
  const [role, keyRole] = [Role.parse(row.role), Role.parse(row.keyRole)]
  const capped = isWeaker(role, keyRole) ? role : keyRole
  return {
    ...{ serviceAccountId, name: row.name, ownerId: row.ownerId, until },
    role: until !== null && mayAskBy(row.scopes) ? capped : null,
  }
}

/** Who may act by a service account, or stands for it, and so approves nothing that it asks for. What that is says the database. */
export const holdersOf = async (tx: OrgTx, serviceAccountId: string, now: Date): Promise<string[]> => {
  const holders = sql<string>`service_account_holders(${serviceAccountId}::text, ${now}::timestamptz)`
  return (await tx.selectNoFrom(holders.as('id')).execute()).map(({ id }) => id)
}

/** Of these service accounts those whose secret a person may hold; one statement however many. */
export const heldBy = async (tx: OrgTx, accounts: readonly string[], personId: string, now: Date): Promise<Set<string>> => {
  if (accounts.length === 0) return new Set()
  const rows = await tx
    .selectFrom('serviceAccount as a')
    .select('a.id')
    .where('a.id', 'in', [...new Set(accounts)])
    .where(sql<boolean>`${personId}::text in (select service_account_holders(a.id, ${now}::timestamptz))`)
    .execute()
  return new Set(rows.map(({ id }) => id))
}
