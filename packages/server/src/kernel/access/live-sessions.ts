import { GrantId, HostId, LiveSessionId } from '@holdfast/contract'
import type { OrgTx } from '../tenancy/org-tx.ts'
import { presentRequester, requesterColumns } from './requester.ts'
import './tables.ts'

/** The newest sessions of a host, or of a grant; at most a hundred. */
export const liveSessionsOf = async (tx: OrgTx, of: { hostId: string } | { grantId: string }) => {
  const query = tx
    .selectFrom('liveSession as s')
    .innerJoin('accessGrant as g', 'g.id', 's.grantId')
    .leftJoin('serviceAccount as a', 'a.id', 'g.serviceAccountId')
    .select(['s.id', 's.hostId', 's.grantId', 's.login', 's.startedAt', 's.toldAt', 's.endedAt', 's.endReason', 's.survivors'])
    .select(requesterColumns)
  const asked = 'hostId' in of ? query.where('s.hostId', '=', of.hostId) : query.where('s.grantId', '=', of.grantId)
  const rows = await asked.orderBy('s.startedAt', 'desc').orderBy('s.id').limit(100).execute()
  return rows.map((row) => ({
    id: LiveSessionId.parse(row.id),
    hostId: HostId.parse(row.hostId),
    grantId: GrantId.parse(row.grantId),
    ...presentRequester(row),
    login: row.login,
    startedAt: row.startedAt.toISOString(),
    toldAt: row.toldAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    endReason: row.endReason,
    survivors: row.survivors,
  }))
}
