import { grant, PersonId } from '@holdfast/contract'
import { announceAccess } from '../../kernel/access/sequence.ts'
import { decisionPlace } from '../../kernel/access/ending.ts'
import type { Policy } from '../../kernel/access/policies.ts'
import { requireCleared } from '../../kernel/clearance.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { mailboxOf, peopleOf } from '../../kernel/people.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { callerOf, type Ctx } from './people.ts'
import { policyById } from './requesting.ts'
import { extendedEnd, mayAsk, mayDecide, requestHashOf, stateAt, termOf } from './rules.ts'
import { approvalsOf, lockGrant, reasonPlace, rolesOf, showGrant, type GrantRow } from './rows.ts'
import { riskOf, targetOf } from './targets.ts'
import { tellRequester } from './telling.ts'

type Refuse = Parameters<Parameters<typeof handle<typeof grant.approve>>[1]>[1]['fail']

/** Two accounts with one mailbox are one person, whatever the ids say. */
const isSamePerson = async (context: Ctx, others: readonly string[]): Promise<boolean> => {
  const me = context.person()
  if (others.includes(me)) return true
  const people = await peopleOf(context, [me, ...others])
  const mine = people.get(me)
  return others.some((id) => {
    const other = people.get(id)
    return mine !== undefined && other !== undefined && other.email !== '' && mailboxOf(other.email) === mailboxOf(mine.email)
  })
}

/** The hash is made anew of what stands in the row: an approval is bound to that, not to what a column says about it. */
const hashOf = async ({ vault, orgId }: Ctx, row: GrantRow): Promise<string> =>
  requestHashOf({
    ...{
      org: orgId,
      person: row.personId,
      target: row.hostId ?? row.databaseId ?? '',
      login: row.login,
      seconds: row.seconds,
      notBefore: row.notBefore,
    },
    reason: await vault.openText('org', reasonPlace(row.id), row.reasonSealed),
    ...{ ticket: row.ticket, extensions: row.extensions, sourceNetworks: row.sourceNetworks },
    ...{ policy: row.policyId, policyVersion: row.policyVersion, extendsId: row.extendsId },
  })

/** Everything that must hold for this person to approve this request now. */
const checkApproval = async (context: Ctx, row: GrantRow, policy: Policy, requestHash: string, refuse: Refuse): Promise<void> => {
  const { tx, now } = context
  if (stateAt(row, now) !== 'requested') throw refuse('not_requested')
  if (requestHash !== row.requestHash || (await hashOf(context, row)) !== requestHash)
    throw refuse('request_changed', 'This is not the request you read. Read it again.')
  if (await isSamePerson(context, [row.personId])) throw refuse('own_request', 'Somebody else must approve it.')
  if (policy.state !== 'active' || policy.version !== row.policyVersion)
    throw refuse('policy_changed', 'The rules have changed since. It must be asked for anew.')
  const caller = callerOf(context)
  const roles = await rolesOf(tx, [caller.personId, row.personId])
  if (!mayDecide(policy, { ...caller, role: roles.get(caller.personId) ?? null })) throw refuse('not_approver')
  const earlier = (await approvalsOf(tx, [row.id])).map(({ personId }) => personId)
  if (earlier.length > 0 && (await isSamePerson(context, earlier)))
    throw refuse('already_approved', 'A second person must approve it.')
  if (!mayAsk(policy, { personId: row.personId, role: roles.get(row.personId) ?? null })) throw refuse('not_entitled')
  await requireCleared(context, PersonId.parse(row.personId), riskOf(row), refuse)
}

/** The last approval gives access, or moves its end; the host hears of it with the commit. */
const give = async (context: Ctx, row: GrantRow, policy: Policy, refuse: Refuse): Promise<void> => {
  const { tx, now } = context
  if (row.extendsId === null) {
    const term = termOf(policy, row, now)
    if (!term) throw refuse('outside_hours', 'This access is given at certain hours only.')
    await tx
      .updateTable('accessGrant')
      .set({ state: 'approved', ...term })
      .where('id', '=', row.id)
      .execute()
    await enqueue(tx, 'grant.settle', { id: row.id }, { runAt: term.endsAt, key: `grant-end:${row.id}` })
  } else {
    const first = await lockGrant(tx, row.extendsId)
    if (!first?.endsAt || stateAt(first, now) !== 'approved') throw refuse('grant_not_live')
    const endsAt = extendedEnd(policy, first.endsAt, row.seconds, now)
    if (!endsAt) throw refuse('outside_hours')
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
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  const policy = await policyById(tx, row.policyId)
  await checkApproval(context, row, policy, requestHash, fail)
  const target = await targetOf(tx, row, fail)
  await confirmFresh(context, proofOf(grant.approve, input), fail)
  await tx
    .insertInto('grantApproval')
    .values({ grantId: id, personId: person(), requesterId: row.personId, requestHash, at: now })
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
  const { tx, now, person, fail } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  if (row.personId !== person()) throw fail('not_yours')
  if (stateAt(row, now) !== 'requested') throw fail('not_requested')
  await tx.updateTable('accessGrant').set({ state: 'cancelled', endedAt: now, endedBy: person() }).where('id', '=', id).execute()
  return showGrant(context, id, callerOf(context), now)
})
