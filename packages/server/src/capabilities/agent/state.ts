import { GrantId, RequesterId, type HostId } from '@holdfast/contract'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { freshBundle } from './bundles.ts'
import { endedHours, principalsOf, staleAfterSeconds } from './rules.ts'

/**
 * Everything that one host must know, in one statement: what the number counts and what is read are of one moment. The end of a grant is
 * enforced here, whoever has noted it by now. A thousand hosts ask at once when something changes.
 */
const readHost = (tx: OrgTx, hostId: HostId, now: Date) => {
  const since = new Date(now.getTime() - endedHours * 3_600_000)
  return tx
    .selectFrom('host')
    .leftJoin('accessSequence as counter', (join) => join.onTrue())
    .select(['host.name', 'host.whenStale', 'host.recorderLogin', 'host.hostAuthority', 'counter.sequence'])
    .select(({ selectFrom }) => [
      jsonArrayFrom(
        selectFrom('accessGrant as g')
          .select(['g.id', 'g.requesterId', 'g.login', 'g.startsAt', 'g.endsAt', 'g.extensions'])
          .whereRef('g.hostId', '=', 'host.id')
          .where('g.state', '=', 'approved')
          .where('g.endsAt', '>', now)
          .orderBy('g.id')
          .limit(1000),
      ).as('open'),
      // Of a bastion: whoever has a grant for a server behind it is let in to its recorder.
      jsonArrayFrom(
        selectFrom('accessPolicy as p')
          .innerJoin('accessGrant as t', 't.policyId', 'p.id')
          .select(['t.id', 't.requesterId', 't.startsAt', 't.endsAt'])
          .whereRef('p.bastionId', '=', 'host.id')
          .whereRef('t.hostId', '!=', 'host.id')
          .where('t.state', '=', 'approved')
          .where('t.endsAt', '>', now)
          .orderBy('t.id')
          .limit(1000),
      ).as('through'),
      jsonArrayFrom(
        selectFrom('accessGrant as e')
          .select(['e.id', 'e.endedAt', 'e.endReason', 'e.endsAt'])
          .whereRef('e.hostId', '=', 'host.id')
          .where(({ or, and, eb }) =>
            or([
              and([eb('e.state', '=', 'ended'), eb('e.endedAt', '>', since)]),
              and([eb('e.state', '=', 'approved'), eb('e.endsAt', '<=', now), eb('e.endsAt', '>', since)]),
            ]),
          )
          .orderBy('e.id', 'desc')
          .limit(1000),
      ).as('over'),
      selectFrom('sshRotation as r')
        .select('r.toVersion')
        .where('r.purpose', '=', 'host')
        .where('r.movedAt', 'is not', null)
        .orderBy('r.id', 'desc')
        .limit(1)
        .as('signing'),
    ])
    .where('host.id', '=', hostId)
    .executeTakeFirstOrThrow()
}

type Read = Awaited<ReturnType<typeof readHost>>

/** What comes out of the database as JSON has its column names and no dates. */
type Raw<T> = { [K in keyof T as K extends string ? SnakeOf<K> : never]: T[K] extends Date | null ? string | null : T[K] }
type SnakeOf<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Uppercase<Head> ? (Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`) : Head}${SnakeOf<Tail>}`
  : ''

const instantOf = (text: string | null, otherwise: Date): string => (text === null ? otherwise : new Date(text)).toISOString()

/** `bundleOf`: shared with other hosts, unless this is read in a transaction that may yet be undone. */
export const agentStateOf = async (
  { ground }: Pick<Services, 'ground'>,
  tx: OrgTx,
  hostId: HostId,
  now: Date,
  bundleOf: typeof freshBundle,
) => {
  const known = await readHost(tx, hostId, now)
  const { name, whenStale, recorderLogin: login, sequence: counted, open, through, over } = known
  const sequence = Number(counted ?? 0)
  const bundle = await bundleOf(ground.keyServer, tx, sequence, now)
  const behind = login === null ? [] : (through as unknown as Raw<Read['through'][number]>[])
  const running = [
    ...(open as unknown as Raw<Read['open'][number]>[]),
    ...behind.map((grant) => ({ ...grant, login: login ?? '', extensions: [] })),
  ].slice(0, 1000)
  const ended = over as unknown as Raw<Read['over'][number]>[]
  return {
    sequence,
    now: now.toISOString(),
    host: { id: hostId, name },
    bundle: bundle.toString('base64'),
    principals: principalsOf(tx.orgId, hostId, running),
    grants: running.map(({ id, requester_id: requesterId, login, starts_at: startsAt, ends_at: endsAt, extensions }) => ({
      ...{ id: GrantId.parse(id), personId: RequesterId.parse(requesterId), login, extensions },
      ...{ startsAt: instantOf(startsAt, now), endsAt: instantOf(endsAt, now) },
    })),
    ended: ended.map(({ id, ended_at: endedAt, end_reason: reason, ends_at: endsAt }) => ({
      grantId: GrantId.parse(id),
      at: instantOf(endedAt ?? endsAt, now),
      reason: reason ?? ('expired' as const),
    })),
    settings: { staleAfterSeconds, whenStale },
    hostCertificateDue: known.signing !== null && known.signing !== known.hostAuthority,
  }
}
