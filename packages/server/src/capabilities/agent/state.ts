import { GrantId, PersonId, type HostId } from '@holdfast/contract'
import { newestChange } from '../../kernel/access/sequence.ts'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { freshBundle } from './bundles.ts'
import { endedHours, principalsOf, staleAfterSeconds } from './rules.ts'

/** Grants that open this host now or later. Their end is enforced here, whoever has noted it by now. */
const openGrants = (tx: OrgTx, hostId: HostId, now: Date) =>
  tx
    .selectFrom('accessGrant')
    .select(['id', 'personId', 'login', 'startsAt', 'endsAt', 'extensions'])
    .where('hostId', '=', hostId)
    .where('state', '=', 'approved')
    .where('endsAt', '>', now)
    .orderBy('id')
    .limit(1000)
    .execute()

const endedGrants = (tx: OrgTx, hostId: HostId, now: Date) =>
  tx
    .selectFrom('accessGrant')
    .select(['id', 'endedAt', 'endReason', 'endsAt'])
    .where('hostId', '=', hostId)
    .where(({ or, and, eb }) => {
      const since = new Date(now.getTime() - endedHours * 3_600_000)
      return or([
        and([eb('state', '=', 'ended'), eb('endedAt', '>', since)]),
        and([eb('state', '=', 'approved'), eb('endsAt', '<=', now), eb('endsAt', '>', since)]),
      ])
    })
    .orderBy('id', 'desc')
    .limit(1000)
    .execute()

/**
 * What one host must know. The number is read first, so that everything counted by it is in what is read after. `bundleOf`: shared with other
 * hosts, unless this is read in a transaction that may yet be undone.
 */
export const agentStateOf = async (
  { ground }: Pick<Services, 'ground'>,
  tx: OrgTx,
  hostId: HostId,
  now: Date,
  bundleOf: typeof freshBundle,
) => {
  const { sequence } = await newestChange(tx)
  const [host, bundle, open, ended] = await Promise.all([
    tx.selectFrom('host').select(['name', 'whenStale']).where('id', '=', hostId).executeTakeFirstOrThrow(),
    bundleOf(ground.keyServer, tx, sequence, now),
    openGrants(tx, hostId, now),
    endedGrants(tx, hostId, now),
  ])
  return {
    sequence,
    now: now.toISOString(),
    host: { id: hostId, name: host.name },
    bundle: bundle.toString('base64'),
    principals: principalsOf(tx.orgId, hostId, open),
    grants: open.map(({ id, personId, login, startsAt, endsAt, extensions }) => ({
      id: GrantId.parse(id),
      personId: PersonId.parse(personId),
      login,
      startsAt: (startsAt ?? now).toISOString(),
      endsAt: (endsAt ?? now).toISOString(),
      extensions,
    })),
    ended: ended.map(({ id, endedAt, endReason, endsAt }) => ({
      grantId: GrantId.parse(id),
      at: (endedAt ?? endsAt ?? now).toISOString(),
      reason: endReason ?? ('expired' as const),
    })),
    settings: { staleAfterSeconds, whenStale: host.whenStale },
  }
}
