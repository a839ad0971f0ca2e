import { DatabaseRoleId } from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { DatabaseRoleTable } from '../../kernel/access/tables.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'

export const rolesPerGrant = 10

export type RoleRow = Selectable<DatabaseRoleTable>

/** The roles of a grant, newest first. */
export const rolesOfGrant = (tx: OrgTx, grantId: string): Promise<RoleRow[]> =>
  tx.selectFrom('databaseRole').selectAll().where('grantId', '=', grantId).orderBy('id', 'desc').limit(rolesPerGrant).execute()

export const verifierPlace = (row: string) => ({ table: 'database_role', column: 'verifier_sealed', row })

/** Neither proved gone nor given up. */
export const isOpen = ({ droppedAt, abandonedAt }: RoleRow): boolean => droppedAt === null && abandonedAt === null

const instant = (date: Date | null): string | null => date?.toISOString() ?? null

export const presentRole = (row: RoleRow) => ({
  id: DatabaseRoleId.parse(row.id),
  name: row.name,
  createdAt: row.createdAt.toISOString(),
  madeAt: instant(row.madeAt),
  validUntil: row.validUntil.toISOString(),
  noLoginAt: instant(row.noLoginAt),
  deadAt: instant(row.deadAt),
  droppedAt: instant(row.droppedAt),
  backendsEnded: row.backendsEnded,
  triedAt: instant(row.triedAt),
  trouble: row.trouble,
  abandonedAt: instant(row.abandonedAt),
})
