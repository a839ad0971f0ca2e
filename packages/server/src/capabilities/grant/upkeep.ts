import { GrantId, PersonId } from '@holdfast/contract'
import { z } from 'zod'
import { endGrants } from '../../kernel/access/ending.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { changeAs, readIn, type Unit } from '../../kernel/unit.ts'
import { answering } from '../../kernel/access/answering.ts'
import { policyById } from './requesting.ts'
import { mayAsk } from '../../kernel/access/entitled.ts'
import { stateAt } from './rules.ts'
import { lockGrant } from './rows.ts'

/**
 * Notes that a grant has run out, or a request has waited too long. Both were over at that moment already, for everybody who asks: hosts know the
 * end of each grant, and every answer goes by the time. This makes it an entry of the ledger. Twice does nothing.
 */
const settle = async ({ services, orgId }: JobContext, id: string): Promise<void> => {
  const now = services.clock.now()
  await changeAs(services.ground, 'grant.settle', orgId, async ({ tx }) => {
    const row = await lockGrant(tx, id)
    const state = row && stateAt(row, now)
    if (!row || state === row.state) return null
    if (state === 'lapsed') {
      await tx.updateTable('accessGrant').set({ state, endedAt: now }).where('id', '=', id).execute()
      return { value: null, action: 'grant.lapsed', targetId: id }
    }
    const ended = { state: 'ended', endReason: 'expired', endedAt: row.endsAt } as const
    await tx.updateTable('accessGrant').set(ended).where('id', '=', id).execute()
    if (row.databaseId !== null) await enqueue(tx, 'grant.database-roles', { id })
    return { value: null, action: 'grant.expired', targetId: id }
  })
}

export const settleOne = job('grant.settle', z.object({ id: z.string() }), ({ id }, context) => settle(context, id))

/**
 * Who had a grant while cleared and is so no longer (the time to acknowledge a policy ran out, a second factor was taken away) loses it: no more
 * certificates at once, running sessions within these five minutes. So do the service accounts that such a person answers for.
 */
const endUncleared = async ({ services, orgId }: JobContext, kind: 'host' | 'database'): Promise<void> => {
  const risk = kind === 'host' ? 'server_access' : 'database_access'
  const { ground, clearance, clock } = services
  const now = clock.now()
  const uncleared = async (unit: Unit) => {
    const rows = await answering(unit.tx, now, kind === 'host' ? 'hostId' : 'databaseId')
      .limit(500)
      .execute()
    const people = rows.map(({ personId }) => PersonId.parse(personId))
    return [...(await clearance.uncleared(people, risk, unit, now)).keys()]
  }
  for (const personId of await readIn(ground, orgId, null, uncleared))
    await changeAs(ground, 'grant.settle', orgId, async (unit) => {
      if ((await clearance.missing(personId, risk, unit, now)).length === 0) return null
      const why = { reason: 'not_entitled', by: null, now } as const
      const own = await endGrants(unit, { personId, kind }, why)
      const others = await endGrants(unit, { answeredBy: personId, kind }, why)
      const [revoked, cancelled] = [own.revoked + others.revoked, own.cancelled + others.cancelled]
      if (revoked + cancelled === 0) return null
      return {
        value: null,
        action: 'grant.clearance_lost',
        targetId: personId,
        reason: `${revoked} grants, ${cancelled} requests`,
      }
    })
}

/** What the queue has missed. */
export const settleAll = schedule('grant.settle-missed', '*/5 * * * *', async (context) => {
  const { services, orgId } = context
  const now = services.clock.now()
  const rows = await readIn(services.ground, orgId, null, ({ tx }) =>
    tx
      .selectFrom('accessGrant')
      .select('id')
      .where(({ or, and, eb }) =>
        or([
          and([eb('state', '=', 'approved'), eb('endsAt', '<=', now)]),
          and([eb('state', '=', 'requested'), eb('requestExpiresAt', '<=', now)]),
        ]),
      )
      .orderBy('id')
      .limit(500)
      .execute(),
  )
  for (const { id } of rows) await settle(context, id)
  await endUncleared(context, 'host')
  await endUncleared(context, 'database')
})

/** Who has left, or may not ask for it any more, has no access from then on: in the same transaction as their leaving. */
export const endOfMembership: MemberHook = async ({ personId, role, by, now }, entered) => {
  const rows = await entered.tx
    .selectFrom('accessGrant')
    .select(['id', 'policyId'])
    .where('personId', '=', personId)
    .where('state', 'in', ['requested', 'approved'])
    .orderBy('id')
    .execute()
  for (const { id, policyId } of rows) {
    if (role !== null && mayAsk(await policyById(entered.tx, policyId), { personId, role })) continue
    await endGrants(entered, { id: GrantId.parse(id) }, { reason: 'not_entitled', by, now })
  }
  // Nobody answers any more for what their service accounts do.
  if (role === null) await endGrants(entered, { answeredBy: personId }, { reason: 'not_entitled', by, now })
}
