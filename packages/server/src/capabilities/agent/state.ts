import { GrantId, HostId, RequesterId, type AgentId, type OrgId } from '@holdfast/contract'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { freshBundle } from './bundles.ts'
import { endedHours, principalsOf, staleAfterSeconds } from './rules.ts'

/**
 * Everything that hosts must know, in one statement: what the number counts and what is read are of one moment. The end of a grant is
 * enforced here, whoever has noted it by now. A thousand hosts ask at once when something changes.
 */
const selectKnown = (tx: OrgTx, now: Date) => {
  const since = new Date(now.getTime() - endedHours * 3_600_000)
  return tx
    .selectFrom('host')
    .leftJoin('accessSequence as counter', (join) => join.onTrue())
    .select([
      'host.id',
      'host.agentId',
      'host.name',
      'host.whenStale',
      'host.recorderLogin',
      'host.hostAuthority',
      'counter.sequence',
    ])
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
}

type Read = Awaited<ReturnType<ReturnType<typeof selectKnown>['executeTakeFirstOrThrow']>>

/** What comes out of the database as JSON has its column names and no dates. */
type Raw<T> = { [K in keyof T as K extends string ? SnakeOf<K> : never]: T[K] extends Date | null ? string | null : T[K] }
type SnakeOf<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Uppercase<Head> ? (Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`) : Head}${SnakeOf<Tail>}`
  : ''

const instantOf = (text: string | null, otherwise: Date): string => (text === null ? otherwise : new Date(text)).toISOString()

const present = (orgId: OrgId, known: Read, bundle: Buffer, now: Date) => {
  const { id: hostId, name, whenStale, recorderLogin: login, open, through, over } = known
  const behind = login === null ? [] : (through as unknown as Raw<Read['through'][number]>[])
  const running = [
    ...(open as unknown as Raw<Read['open'][number]>[]),
    ...behind.map((grant) => ({ ...grant, login: login ?? '', extensions: [] })),
  ].slice(0, 1000)
  const ended = over as unknown as Raw<Read['over'][number]>[]
  return {
    sequence: sequenceOf(known),
    now: now.toISOString(),
    host: { id: HostId.parse(hostId), name },
    bundle: bundle.toString('base64'),
    principals: principalsOf(orgId, hostId, running),
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

const sequenceOf = ({ sequence }: Read): number => Number(sequence ?? 0)

type Ground = Pick<Services, 'ground'>
export type State = ReturnType<typeof present>

/** `bundleOf`: shared with other hosts, unless this is read in a transaction that may yet be undone. */
export const agentStateOf = async (
  { ground }: Ground,
  tx: OrgTx,
  hostId: HostId,
  now: Date,
  bundleOf: typeof freshBundle,
): Promise<State> => {
  const known = await selectKnown(tx, now).where('host.id', '=', hostId).executeTakeFirstOrThrow()
  return present(tx.orgId, known, await bundleOf(ground.keyServer, tx, sequenceOf(known), now), now)
}

/**
 * The same for many agents at once. Whether each is still one, the same statement says: for one whose host was retired, or has another agent by
 * now, there is none.
 */
export const agentStatesOf = async (
  { ground }: Ground,
  tx: OrgTx,
  agentIds: readonly AgentId[],
  now: Date,
  bundleOf: typeof freshBundle,
): Promise<Map<AgentId, State>> => {
  const rows = await selectKnown(tx, now)
    .where(({ eb, val }) => eb('host.agentId', '=', eb.fn.any(val([...agentIds]))))
    .where('host.state', '=', 'enrolled')
    .execute()
  const [first] = rows
  if (!first) return new Map()
  const bundle = await bundleOf(ground.keyServer, tx, sequenceOf(first), now)
  return new Map(rows.map((row) => [row.agentId as AgentId, present(tx.orgId, row, bundle, now)]))
}
