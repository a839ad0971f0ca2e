import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { access, type AccessTopic } from '@holdfast/contract'
import type { z } from 'zod'
import { handleEvents, type Entered } from '../../kernel/handle.ts'
import { holds } from '../../kernel/permit.ts'
import type { Principal } from '../../kernel/principal.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { askerOf } from './people.ts'
import { approvalsOf, findGrants, type Wanted } from './rows.ts'

type Topic = z.infer<typeof AccessTopic>
type Look = (entered: Entered, now: Date) => Promise<string>

/** The newest of them are looked at; who waits for an older one asks now and then. */
const newest = 100
/** What comes within so long is told as one. */
const gatherMs = 250

const digestOf = (rows: unknown): string => createHash('sha256').update(JSON.stringify(rows)).digest('base64')

/** Somebody may wait for one to be there. */
const rolesIn = (tx: OrgTx, grantIds: readonly string[]) =>
  tx
    .selectFrom('databaseRole')
    .select(['id', 'madeAt', 'trouble', 'deadAt', 'droppedAt'])
    .where('grantId', 'in', grantIds)
    .orderBy('id', 'desc')
    .limit(newest)
    .execute()

/** What the caller would find in their lists of grants, as one value that is another when something has changed. */
const grantsSeen =
  (principal: Principal, show: Wanted['show']): Look =>
  async ({ tx }, now) => {
    const own = !holds(principal, 'access:oversee')
    const rows = await findGrants(tx, { show }, { caller: askerOf({ principal }), own, after: null, limit: newest, now })
    const ids = rows.map(({ id }) => id)
    const approvals = ids.length === 0 ? [] : await approvalsOf(tx, ids)
    const roles = ids.length === 0 ? [] : await rolesIn(tx, ids)
    const seen = rows.map(({ id, state, endsAt, endedAt, toldAt }) => ({ id, state, endsAt, endedAt, toldAt }))
    return digestOf([seen, roles, approvals.map(({ grantId, personId }) => [grantId, personId])])
  }

const staffSeen: Look = async ({ tx }) =>
  digestOf(
    await tx
      .selectFrom('staffGrant')
      .select(['id', 'state', 'startsAt', 'endsAt', 'endedAt'])
      .orderBy('id', 'desc')
      .limit(newest)
      .execute(),
  )

/** What a caller may hear of: no more than they may read. */
const looksOf = (principal: Principal): [Topic, Look][] => [
  ...(holds(principal, 'access:request') ? [['grants', grantsSeen(principal, 'all')] satisfies [Topic, Look]] : []),
  ...(holds(principal, 'access:request') && holds(principal, 'access:approve')
    ? [['approvals', grantsSeen(principal, 'to_approve')] satisfies [Topic, Look]]
    : []),
  ...(holds(principal, 'staff-access:read') ? [['staff_access', staffSeen] satisfies [Topic, Look]] : []),
]

/**
 * Names of what to read anew, never what it is. A notice only says that something changed in the organisation: whether it concerns this caller is
 * found by the caller's own reads, inside the organisation and by the conditions of their lists.
 */
export const news = handleEvents(access.news, async function* (_, { principal, orgId, requestId, services, read, signal }) {
  const looks = looksOf(principal)
  const seen = new Map<Topic, string>()
  const notices = services.changes.follow({ audience: 'people', orgId, name: requestId, current: async () => 0, signal })
  for await (const notice of notices) {
    if (notice > 0) await pause(gatherMs)
    if (signal.aborted) return
    const about: Topic[] = []
    for (const [topic, look] of looks) {
      const found = await read((entered) => look(entered, services.clock.now()))
      if (seen.get(topic) !== found) about.push(topic)
      seen.set(topic, found)
    }
    if (about.length > 0) yield { about }
  }
})
