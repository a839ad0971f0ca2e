import { DatabaseId, type OrgId } from '@holdfast/contract'
import type pg from 'pg'
import type { Selectable } from 'kysely'
import type { ManagedDatabaseTable } from '../access/tables.ts'
import type { Services } from '../services.ts'
import type { Vault } from '../vault.ts'
import { withDatabase, type Target, type Within } from './connect.ts'

export type DatabaseRow = Selectable<ManagedDatabaseTable>

export const passwordPlace = (row: string) => ({ table: 'managed_database', column: 'password_sealed', row })

/** How to get into a registered database as its administrator; null once its password is erased. Keep it only for as long as it is needed. */
export const targetIn = async (vault: Vault, row: DatabaseRow): Promise<Target | null> => {
  const { address, port, database, administrator, ca, passwordSealed } = row
  if (passwordSealed === null) return null
  return {
    address,
    port,
    database,
    administrator,
    ca,
    password: await vault.openText('org', passwordPlace(row.id), passwordSealed),
  }
}

/** Works in a registered database. */
export const inDatabase = <T>(
  { databases }: Pick<Services, 'databases'>,
  orgId: OrgId,
  target: Target,
  work: (client: pg.Client, within: Within) => Promise<T>,
  options?: { waitMs: number },
): Promise<T> => withDatabase(orgId, target, databases, work, options)

export const databaseIdOf = ({ id }: Pick<DatabaseRow, 'id'>): DatabaseId => DatabaseId.parse(id)
