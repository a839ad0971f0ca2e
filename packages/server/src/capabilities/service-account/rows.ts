import { PersonId, serviceAccountReview, ServiceRole, type ServiceAccountId } from '@holdfast/contract'
import { sql } from 'kysely'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import '../../kernel/api-keys.ts'
import '../../kernel/service-accounts.ts'

export interface Wanted {
  id?: string
  /** Only those that are not disabled. */
  live?: boolean
  past?: string | null
  limit: number
  now: Date
}

/** Accounts with what is known about each: one statement however many. */
export const readAccounts = async (tx: OrgTx, { id, live = false, past = null, limit, now }: Wanted) => {
  let query = tx
    .selectFrom('serviceAccount as a')
    .leftJoin('membership as m', 'm.personId', 'a.ownerId')
    .leftJoin('obligationClock as c', (join) => join.onRef('c.subject', '=', 'a.id').on('c.kind', '=', serviceAccountReview.name))
    .select([
      'a.id',
      'a.name',
      'a.purpose',
      'a.role',
      'a.ownerId',
      'a.reviewEveryDays',
      'a.createdBy',
      'a.createdAt',
      'a.disabledAt',
    ])
    .select(['m.personId as member', 'c.dueAt'])
    .select((account) => [
      account
        .selectFrom('apiKey as k')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .whereRef('k.serviceAccountId', '=', 'a.id')
        .where('k.revokedAt', 'is', null)
        .where('k.expiresAt', '>', now)
        .as('keys'),
      account
        .selectFrom('apiKey as k')
        .select(({ fn }) => fn.max('k.lastUsedAt').as('at'))
        .whereRef('k.serviceAccountId', '=', 'a.id')
        .as('usedAt'),
    ])
  if (id !== undefined) query = query.where('a.id', '=', id)
  if (live) query = query.where('a.disabledAt', 'is', null)
  if (past !== null) query = query.where('a.id', '<', past)
  const rows = await query.orderBy('a.id', 'desc').limit(limit).execute()
  return rows.map(({ member, keys, usedAt, dueAt, createdAt, disabledAt, ...row }) => ({
    ...{ id: row.id as ServiceAccountId, name: row.name, purpose: row.purpose, role: ServiceRole.parse(row.role) },
    ...{ ownerId: PersonId.parse(row.ownerId), ownerGone: member === null, reviewEveryDays: row.reviewEveryDays },
    reviewDueAt: dueAt?.toISOString() ?? null,
    createdBy: PersonId.parse(row.createdBy),
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
    liveKeys: Number(keys),
    lastUsedAt: usedAt?.toISOString() ?? null,
  }))
}

/** The account as it is now; it was there a moment ago in this transaction. */
export const shown = async (tx: OrgTx, id: string, now: Date) => {
  const [account] = await readAccounts(tx, { id, limit: 1, now })
  if (!account) throw new Error('the service account is gone')
  return account
}

export const lockAccount = (tx: OrgTx, id: string) =>
  tx
    .selectFrom('serviceAccount')
    .select(['id', 'name', 'role', 'ownerId', 'reviewEveryDays', 'disabledAt'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()

/** One at a time in an organisation, so that two cannot both take the last place. */
export const countAccounts = async (tx: OrgTx): Promise<number> => {
  await tx.selectNoFrom(sql`pg_advisory_xact_lock(hashtextextended('service_account:' || current_org(), 0))`.as('held')).execute()
  const counted = tx.selectFrom('serviceAccount').select(({ fn }) => fn.countAll<string>().as('count'))
  return Number((await counted.where('disabledAt', 'is', null).executeTakeFirstOrThrow()).count)
}
