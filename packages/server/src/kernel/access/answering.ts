import type { OrgTx } from '../tenancy/org-tx.ts'
import '../service-accounts.ts'
import './tables.ts'

/** Everybody who has access that runs now, or answers for a service account that has; each once, in the order of their ids. */
export const answering = (tx: OrgTx, now: Date, kind: 'hostId' | 'databaseId', after = '') =>
  tx
    .selectFrom((of) =>
      of
        .selectFrom('accessGrant as g')
        .leftJoin('serviceAccount as a', 'a.id', 'g.serviceAccountId')
        .select(({ fn }) => fn.coalesce('g.personId', 'a.ownerId').as('personId'))
        .distinct()
        .where('g.state', '=', 'approved')
        .where('g.endsAt', '>', now)
        .where(kind === 'hostId' ? 'g.hostId' : 'g.databaseId', 'is not', null)
        .as('answering'),
    )
    .select('personId')
    .where('personId', '>', after)
    .orderBy('personId')
