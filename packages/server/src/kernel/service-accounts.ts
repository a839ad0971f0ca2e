import { Role, roles } from '@holdfast/contract'
import type { Generated } from 'kysely'
import type { Entered } from './handle.ts'
import type { OrgTx } from './tenancy/org-tx.ts'

interface ServiceAccountTable {
  id: string
  name: string
  purpose: string
  role: string
  ownerId: string
  reviewEveryDays: number
  createdBy: string
  createdAt: Generated<Date>
  disabledAt: Date | null
}
declare module './tenancy/schema.ts' {
  interface Database {
    serviceAccount: ServiceAccountTable
  }
}

/** Names of those of the given ids that are service accounts; disabled ones keep theirs. */
export const serviceAccountNames = async ({ tx }: Pick<Entered, 'tx'>, ids: readonly string[]): Promise<Map<string, string>> => {
  const wanted = [...new Set(ids.filter((id) => id.startsWith('sa_')))]
  if (wanted.length === 0) return new Map()
  const rows = await tx.selectFrom('serviceAccount').select(['id', 'name']).where('id', 'in', wanted).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** The role of an account that is not disabled, held until commit. */
export const serviceAccountRole = async (tx: OrgTx, id: string): Promise<Role | null> => {
  const row = await tx
    .selectFrom('serviceAccount')
    .select('role')
    .where('id', '=', id)
    .where('disabledAt', 'is', null)
    .forShare()
    .executeTakeFirst()
  return row ? Role.parse(row.role) : null
}

/** Strictly: nobody makes, or is shown the secret of, an account as strong as they are. So none is an Owner. */
export const isWeaker = (account: Role, than: Role): boolean => roles.indexOf(account) > roles.indexOf(than)
