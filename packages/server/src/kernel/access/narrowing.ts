import { Role, type PersonId } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'
import { endGrants } from './ending.ts'
import {
  closingOf,
  covers,
  isNamed,
  networkWithin,
  type Machine,
  type Rules,
  type Somebody,
  type TargetFacts,
} from './entitled.ts'
import './tables.ts'

/** What runs by a policy, or is asked for. */
export interface Held {
  by: Somebody | Pick<Machine, 'serviceAccountId'>
  target: TargetFacts
  login: string
  extensions: readonly string[]
  sourceNetworks: readonly string[]
  /** Null until it is approved. */
  term: { startsAt: Date; endsAt: Date } | null
}

type Next = Pick<
  Rules,
  'kind' | 'selects' | 'logins' | 'requesters' | 'maxSeconds' | 'sourceNetworks' | 'hours' | 'extensions' | 'bastionId'
>

/** Of the version that holds until now. */
interface Before {
  bastionId: string | null
}

/** Networks of the policy hold for who named none; a policy that names none now takes every network. */
const fromElsewhere = (allowed: readonly string[], own: readonly string[]): boolean =>
  allowed.length > 0 && (own.length === 0 || !own.every((network) => networkWithin(network, allowed)))

const tooLong = ({ maxSeconds, hours }: Next, { startsAt, endsAt }: NonNullable<Held['term']>, now: Date): string | null => {
  const from = startsAt > now ? startsAt : now
  if (endsAt.getTime() - from.getTime() > maxSeconds * 1000) return 'does not allow as much time as was left of it'
  const closing = hours && closingOf(hours, from)
  return hours && (!closing || closing < endsAt) ? 'does not allow it at these hours any more' : null
}

/**
 * What the next rules of a policy do not allow any more of what was given by the ones before, in words that follow its name; null when they allow all of
 * it. What only a request has to bring (a reason, a ticket, how many approve) was judged when it was made.
 */
export const gapOf = (next: Next, before: Before, held: Held, now: Date): string | null => {
  if (!isNamed(next.requesters, held.by)) return 'does not name whoever has it any more'
  if (!covers(next, held.target)) return `does not cover this ${held.target.kind === 'host' ? 'server' : 'database'} any more`
  if (!next.logins.includes(held.login)) return 'does not open this login any more'
  if (!held.extensions.every((extension) => (next.extensions as readonly string[]).includes(extension)))
    return 'does not allow the forwarding any more that it had'
  if (fromElsewhere(next.sourceNetworks, held.sourceNetworks)) return 'does not allow the networks any more that it was for'
  if (next.bastionId !== null && next.bastionId !== before.bastionId) return 'has its sessions recorded elsewhere now'
  return held.term && tooLong(next, held.term, now)
}

/** Requests and grants of a policy that are not over, with all that the rules look at; one statement however many. */
const openBy = (tx: OrgTx, policyId: string, now: Date) =>
  tx
    .selectFrom('accessGrant as g')
    .leftJoin('membership as m', 'm.personId', 'g.personId')
    .leftJoin('host as h', 'h.id', 'g.hostId')
    .leftJoin('managedDatabase as d', 'd.id', 'g.databaseId')
    .select(['g.id', 'g.state', 'g.personId', 'g.requesterId', 'm.role', 'g.login', 'g.extensions', 'g.sourceNetworks'])
    .select(['g.hostId', 'g.startsAt', 'g.endsAt'])
    .select(({ fn }) => [
      fn.coalesce('h.id', 'd.id').as('targetId'),
      fn.coalesce('h.environment', 'd.environment').as('environment'),
      fn.coalesce('h.labels', 'd.labels').as('labels'),
    ])
    .where('g.policyId', '=', policyId)
    .where(({ or, and, eb }) =>
      or([
        and([eb('g.state', '=', 'requested'), eb('g.requestExpiresAt', '>', now)]),
        and([eb('g.state', '=', 'approved'), eb('g.endsAt', '>', now)]),
      ]),
    )
    .orderBy('g.id')

type Row = Awaited<ReturnType<ReturnType<typeof openBy>['execute']>>[number]

const heldOf = (row: Row): Held => ({
  by:
    row.personId === null
      ? { serviceAccountId: row.requesterId }
      : { personId: row.personId, role: row.role === null ? null : Role.parse(row.role) },
  target: {
    kind: row.hostId === null ? 'database' : 'host',
    id: row.targetId ?? '',
    environment: row.environment ?? '',
    labels: row.labels ?? [],
  },
  ...{ login: row.login, extensions: row.extensions, sourceNetworks: row.sourceNetworks },
  term: row.startsAt && row.endsAt && { startsAt: row.startsAt, endsAt: row.endsAt },
})

/** What would end, or be cancelled, by the next rules; by none: by retiring it. */
export const countNarrowed = async (
  tx: OrgTx,
  policyId: string,
  next: Next | null,
  before: Before,
  now: Date,
): Promise<{ grants: number; requests: number }> => {
  const gone = (await openBy(tx, policyId, now).execute()).filter(
    (row) => !next || gapOf(next, before, heldOf(row), now) !== null,
  )
  const grants = gone.filter(({ state }) => state === 'approved').length
  return { grants, requests: gone.length - grants }
}

/**
 * Ends what the next rules of a policy do not allow any more, and cancels what is asked for against them, in the caller's transaction, which holds the
 * policy. All that is open by it is locked, so that an approval that was under way is either seen here or sees the next version.
 */
export const endNarrowed = async (
  entered: Entered,
  policy: { id: string; name: string; next: Next; before: Before },
  { by, now }: { by: PersonId; now: Date },
): Promise<{ grants: number; requests: number }> => {
  const { tx } = entered
  await tx
    .selectFrom('accessGrant')
    .select('id')
    .where('policyId', '=', policy.id)
    .where('state', 'in', ['requested', 'approved'])
    .orderBy('id')
    .forUpdate()
    .execute()
  const gaps = (await openBy(tx, policy.id, now).execute()).flatMap((row) => {
    const gap = gapOf(policy.next, policy.before, heldOf(row), now)
    return gap === null ? [] : [{ id: row.id, gap }]
  })
  const ended = { grants: 0, requests: 0 }
  for (const [gap, rows] of Map.groupBy(gaps, (row) => row.gap)) {
    const which = { ids: rows.map(({ id }) => id) }
    const why = `The access policy “${policy.name}” ${gap}.`
    const { revoked, cancelled } = await endGrants(entered, which, { reason: 'not_entitled', by, now, why })
    ended.grants += revoked
    ended.requests += cancelled
  }
  return ended
}
