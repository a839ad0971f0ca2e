import { staffAccess, StaffGrantId, StaffPolicy, StaffPolicyId, type Role } from '@holdfast/contract'
import { sql } from 'kysely'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { stateAt } from './rules.ts'
import { currentPolicy, grantsIn, hashOf, lockGrant, present, show, withdrawPolicy } from './rows.ts'

const theirOwn = 'The operator’s own people cannot agree for you.'
const worksForOperator = async ({ services, gate, person }: Pick<Context, 'services' | 'gate' | 'person'>): Promise<boolean> => {
  const home = await services.secrets.operatorOrg()
  return (await gate.ask<{ role: Role }>('gate_membership', [home, person()])).length > 0
}

/** What is approved is what was read (`requestHash`), by somebody who is none of the operator's people. */
export const approve = handle(staffAccess.approve, async (input, context) => {
  const { id, requestHash } = input
  const { tx, vault, now, orgId, fail } = context
  const person = context.person()
  const row = await lockGrant(tx, id)
  if (!row) throw fail('staff_access_not_found')
  if (stateAt(row, now) !== 'requested') throw fail('not_requested')
  if (requestHash !== row.requestHash || (await hashOf(vault, orgId, row)) !== requestHash)
    throw fail('request_changed', 'This is not the request you read. Read it again.')
  if (row.personId === person || (await worksForOperator(context))) throw fail('own_request', theirOwn)
  await confirmFresh(context, proofOf(staffAccess.approve, input), fail)
  const term = { startsAt: now, endsAt: new Date(now.getTime() + row.seconds * 1000) }
  await tx
    .updateTable('staffGrant')
    .set({ state: 'approved', approvedBy: person, ...term })
    .where('id', '=', id)
    .execute()
  return show(context, id, now)
})

export const deny = handle(staffAccess.deny, async ({ id }, context) => {
  const { tx, now, fail } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('staff_access_not_found')
  if (stateAt(row, now) !== 'requested') throw fail('not_requested')
  const denied = { state: 'denied' as const, endedAt: now, endedBy: context.person() }
  await tx.updateTable('staffGrant').set(denied).where('id', '=', id).execute()
  return show(context, id, now)
})

/** Their next request finds it ended: every one asks. */
export const end = handle(staffAccess.end, async ({ id }, context) => {
  const { tx, now, fail } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('staff_access_not_found')
  if (stateAt(row, now) !== 'live') throw fail('staff_access_not_live')
  const ended = { state: 'ended' as const, endedAt: now, endedBy: context.person() }
  await tx.updateTable('staffGrant').set(ended).where('id', '=', id).execute()
  return show(context, id, now)
})

export const list = handle(staffAccess.list, async ({ limit, after, show: which }, { tx, vault, now }) => {
  const cursor = cursorOf(StaffGrantId, after)
  let query = grantsIn(tx)
  if (cursor !== null) query = query.where('id', '<', cursor)
  if (which === 'open')
    query = query.where((where) =>
      where.or([
        where.and([where('state', '=', 'requested'), where('requestExpiresAt', '>', now)]),
        where.and([where('state', '=', 'approved'), where('endsAt', '>', now)]),
      ]),
    )
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = await Promise.all(rows.slice(0, limit).map((row) => present(vault, row, now)))
  const next = rows.length > limit ? (shown.at(-1)?.id ?? null) : null
  return { rows: which === 'open' ? shown.filter(({ state }) => state === 'live' || state === 'requested') : shown, next }
})

type PolicyRow = NonNullable<Awaited<ReturnType<typeof currentPolicy>>>
const presentPolicy = ({ id, role, maxSeconds, ticketRequired, setBy, setAt }: PolicyRow) =>
  StaffPolicy.parse({ id, role, maxSeconds, ticketRequired, setBy, setAt: setAt.toISOString() })

export const policy = handle(staffAccess.policy, async (_, { tx }) => {
  const row = await currentPolicy(tx)
  return { policy: row ? presentPolicy(row) : null }
})

/** Another policy is another row: what the one before gave ends with it. */
export const allowAhead = handle(staffAccess.allowAhead, async ({ role, maxSeconds, ticketRequired }, context) => {
  const { tx, now, fail } = context
  const { isOperator } = await tx
    .selectFrom('org')
    .select(sql<boolean>`is_operator`.as('isOperator'))
    .executeTakeFirstOrThrow()
  if (isOperator) throw fail('own_organisation', 'The operator’s own people need no access to their own organisation.')
  if (await worksForOperator(context)) throw fail('own_request', theirOwn)
  const setBy = context.person()
  await withdrawPolicy(tx, setBy, now)
  const id = newIdOf(StaffPolicyId, 'sp')
  const values = { id, role, maxSeconds, ticketRequired, setBy, setAt: now, withdrawnAt: null, withdrawnBy: null }
  await tx.insertInto('staffPolicy').values(values).execute()
  return presentPolicy(values)
})

export const withdraw = handle(staffAccess.withdraw, async (_, context) => {
  const withdrawn = await withdrawPolicy(context.tx, context.person(), context.now)
  if (!withdrawn) throw context.fail('nothing_allowed')
  return { id: StaffPolicyId.parse(withdrawn.id), ended: withdrawn.ended }
})
