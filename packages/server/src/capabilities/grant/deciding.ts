import { grant } from '@holdfast/contract'
import { announceAccess } from '../../kernel/access/sequence.ts'
import { decisionPlace } from '../../kernel/access/ending.ts'
import type { Policy } from '../../kernel/access/policies.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { isOneOf } from '../../kernel/people.ts'
import { personIn } from '../../kernel/request.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { askerNow, requireAnswered } from './answering.ts'
import { holdersOf, machineOf } from './machines.ts'
import { askerOf, callerOf, isOwn, type Ctx } from './people.ts'
import { boundTo, policyById } from './requesting.ts'
import { mayAsk, mayDecide } from '../../kernel/access/entitled.ts'
import { extendedEnd, requestHashOf, stateAt, termOf, withinSecret } from './rules.ts'
import { approvalsOf, lockGrant, lockWithExtended, reasonPlace, rolesOf, showGrant, type GrantRow } from './rows.ts'
import { riskOf, targetOf } from './targets.ts'
import { tellRequester } from './telling.ts'

type Refuse = Parameters<Parameters<typeof handle<typeof grant.approve>>[1]>[1]['fail']

/** The hash is made anew of what stands in the row: an approval is bound to that, not to what a column says about it. */
const hashOf = async ({ vault, orgId }: Ctx, row: GrantRow): Promise<string> =>
  requestHashOf({
    ...{
      org: orgId,
      by: boundTo(row),
      target: row.hostId ?? row.databaseId ?? '',
      login: row.login,
      seconds: row.seconds,
      notBefore: row.notBefore,
    },
    reason: await vault.openText('org', reasonPlace(row.id), row.reasonSealed),
    ...{ ticket: row.ticket, extensions: row.extensions, sourceNetworks: row.sourceNetworks },
    ...{ policy: row.policyId, policyVersion: row.policyVersion, extendsId: row.extendsId },
  })

/** Not the requester; of a service account, not whoever may act by it: what one approves one must not be able to use. */
const requireSomebodyElse = async (context: Ctx, { personId, serviceAccountId }: GrantRow, refuse: Refuse): Promise<void> => {
  if (personId !== null && (await isOneOf(context, context.person(), [personId])))
    throw refuse('own_request', 'Somebody else must approve it.')
  if (
    serviceAccountId !== null &&
    (await isOneOf(context, context.person(), await holdersOf(context.tx, serviceAccountId, context.now)))
  )
    throw refuse(
      'holds_secret',
      'You answer for this service account, made it, or were shown a secret of it: somebody else must approve.',
    )
}

/** Everything that must hold for this person to approve this request now. */
const checkApproval = async (context: Ctx, row: GrantRow, policy: Policy, requestHash: string, refuse: Refuse): Promise<void> => {
  const { tx, now } = context
  if (stateAt(row, now) !== 'requested') throw refuse('not_requested')
  if (requestHash !== row.requestHash || (await hashOf(context, row)) !== requestHash)
    throw refuse('request_changed', 'This is not the request you read. Read it again.')
  await requireSomebodyElse(context, row, refuse)
  if (policy.state !== 'active' || policy.version !== row.policyVersion)
    throw refuse('policy_changed', 'The rules have changed since. It must be asked for anew.')
  const caller = callerOf(context)
  const roles = await rolesOf(tx, [caller.personId])
  if (!mayDecide(policy, { ...caller, role: roles.get(caller.personId) ?? null })) throw refuse('not_approver')
  const earlier = (await approvalsOf(tx, [row.id])).map(({ personId }) => personId)
  if (earlier.length > 0 && (await isOneOf(context, caller.personId, earlier)))
    throw refuse('already_approved', 'A second person must approve it.')
  const asker = await askerNow(context, row)
  if (!mayAsk(policy, asker)) throw refuse('not_entitled')
  await requireAnswered(context, asker, riskOf(row), refuse)
}

const boundTerm = async ({ tx, now }: Ctx, row: GrantRow, term: { startsAt: Date; endsAt: Date }) => {
  const machine = await machineOf(tx, row, now)
  return machine ? withinSecret(term, machine.until) : term
}

/** The last approval gives access, or moves its end; the host hears of it with the commit. */
const give = async (context: Ctx, row: GrantRow, policy: Policy, refuse: Refuse): Promise<void> => {
  const { tx, now } = context
  if (row.extendsId === null) {
    const wanted = termOf(policy, row, now)
    if (!wanted) throw refuse('outside_hours', 'This access is given at certain hours only.')
    const term = await boundTerm(context, row, wanted)
    if (!term) throw refuse('not_entitled', 'The key that asked ends before this begins.')
    await tx
      .updateTable('accessGrant')
      .set({ state: 'approved', ...term })
      .where('id', '=', row.id)
      .execute()
    await enqueue(tx, 'grant.settle', { id: row.id }, { runAt: term.endsAt, key: `grant-end:${row.id}` })
  } else {
    const first = await lockGrant(tx, row.extendsId)
    if (!first?.endsAt || stateAt(first, now) !== 'approved') throw refuse('grant_not_live')
    const moved = extendedEnd(policy, first.endsAt, row.seconds, now)
    if (!moved) throw refuse('outside_hours')
    const term = await boundTerm(context, first, { startsAt: now, endsAt: moved })
    if (!term) throw refuse('not_entitled')
    const { endsAt } = term
    await tx.updateTable('accessGrant').set({ endsAt }).where('id', '=', first.id).execute()
    await tx.updateTable('accessGrant').set({ state: 'applied', endedAt: now }).where('id', '=', row.id).execute()
    await enqueue(tx, 'grant.settle', { id: first.id }, { runAt: endsAt, key: `grant-end:${first.id}` })
    if (first.databaseId !== null) await enqueue(tx, 'grant.database-roles', { id: first.id })
  }
}

/**
 * Two who approve at once wait for each other here, and the second sees what the first did. What is approved is what was read (`requestHash`);
 * the requester is checked again, since a request may be an hour old.
 */
export const approve = handle(grant.approve, async (input, context) => {
  const { id, requestHash } = input
  const { tx, now, person, fail } = context
  const row = await lockWithExtended(tx, id)
  if (!row) throw fail('grant_not_found')
  const policy = await policyById(tx, row.policyId)
  await checkApproval(context, row, policy, requestHash, fail)
  const target = await targetOf(tx, row, fail)
  await confirmFresh(context, proofOf(grant.approve, input), fail)
  await tx
    .insertInto('grantApproval')
    .values({ grantId: id, personId: person(), requesterId: row.requesterId, requestHash, at: now })
    .execute()
  const given = (await approvalsOf(tx, [id])).length >= policy.approvals
  if (given) {
    await give(context, row, policy, fail)
    await tellRequester(context, row, target.name, row.extendsId === null ? 'is approved' : 'is extended')
    await announceAccess(tx) // last: it holds the counter until commit
  }
  return showGrant(context, id, callerOf(context), now)
})

export const deny = handle(grant.deny, async ({ id, reason }, context) => {
  const { tx, vault, now, person, fail } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  if (row.personId === person()) throw fail('own_request', 'Take it back instead.')
  const caller = callerOf(context)
  if (!mayDecide(await policyById(tx, row.policyId), caller)) throw fail('not_approver')
  if (stateAt(row, now) !== 'requested') throw fail('not_requested')
  const decisionSealed = await vault.seal('org', decisionPlace(id), reason)
  await tx
    .updateTable('accessGrant')
    .set({ state: 'denied', endedAt: now, endedBy: person(), decisionSealed })
    .where('id', '=', id)
    .execute()
  const shown = await showGrant(context, id, caller, now)
  await tellRequester(context, row, shown.targetName, 'is denied')
  return shown
})

export const cancel = handle(grant.cancel, async ({ id }, context) => {
  const { tx, now, principal, fail } = context
  const caller = askerOf(context)
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  if (!isOwn(caller, row)) throw fail('not_yours')
  if (stateAt(row, now) !== 'requested') throw fail('not_requested')
  const cancelled = { state: 'cancelled', endedAt: now, endedBy: personIn(principal) } as const
  await tx.updateTable('accessGrant').set(cancelled).where('id', '=', id).execute()
  return showGrant(context, id, caller, now)
})
