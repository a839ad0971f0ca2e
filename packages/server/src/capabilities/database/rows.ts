import { DatabaseId } from '@holdfast/contract'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'

const selectDatabases = (tx: OrgTx) =>
  tx
    .selectFrom('managedDatabase as d')
    .select(['d.id', 'd.name', 'd.environment', 'd.labels', 'd.address', 'd.port', 'd.database', 'd.profiles', 'd.administrator'])
    .select(['d.ca as authority', 'd.state', 'd.checkedAt', 'd.trouble', 'd.createdAt', 'd.retiredAt'])
    .select(({ selectFrom }) => [
      selectFrom('databaseRole as r')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .whereRef('r.databaseId', '=', 'd.id')
        .where('r.droppedAt', 'is', null)
        .where('r.abandonedAt', 'is', null)
        .as('openRoles'),
      selectFrom('databaseRole as r')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .whereRef('r.databaseId', '=', 'd.id')
        .where('r.droppedAt', 'is', null)
        .where('r.abandonedAt', 'is not', null)
        .as('unprovedRoles'),
    ])

type Row = Awaited<ReturnType<ReturnType<typeof selectDatabases>['execute']>>[number]

const present = ({ id, checkedAt, createdAt, retiredAt, openRoles, unprovedRoles, ...rest }: Row) => ({
  ...rest,
  id: DatabaseId.parse(id),
  checkedAt: checkedAt?.toISOString() ?? null,
  openRoles: Number(openRoles ?? 0),
  unprovedRoles: Number(unprovedRoles ?? 0),
  createdAt: createdAt.toISOString(),
  retiredAt: retiredAt?.toISOString() ?? null,
})

export const readDatabase = async (tx: OrgTx, id: string) => {
  const row = await selectDatabases(tx).where('d.id', '=', id).executeTakeFirst()
  return row && present(row)
}

/** The same, where it is known to be there. */
export const showDatabase = async (tx: OrgTx, id: string) => {
  const found = await readDatabase(tx, id)
  if (!found) throw new Error('the database is gone')
  return found
}

export interface Wanted {
  state?: 'active' | 'retired' | undefined
  search?: string | undefined
}

export const readDatabases = async (tx: OrgTx, wanted: Wanted, after: string | null, limit: number) => {
  let query = selectDatabases(tx)
  if (wanted.state !== undefined) query = query.where('d.state', '=', wanted.state)
  if (wanted.search !== undefined) query = query.where('d.name', 'like', `%${wanted.search.replace(/[\\%_]/g, '\\$&')}%`)
  if (after !== null) query = query.where('d.id', '<', after)
  return (await query.orderBy('d.id', 'desc').limit(limit).execute()).map(present)
}
