import { grant } from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import { handle } from '../../kernel/handle.ts'
import { holds } from '../../kernel/permit.ts'
import { callerOf } from './people.ts'
import { policyById } from './requesting.ts'
import { mayDecide, stateAt } from './rules.ts'
import { approvalsOf, lockGrant, showGrant } from './rows.ts'
import { tellRequester } from './telling.ts'

/** Asks for no code: ending access must be easy. */
export const returnEarly = handle(grant.return, async ({ id }, context) => {
  const { tx, now, person, fail } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  if (row.personId !== person()) throw fail('not_yours')
  if (stateAt(row, now) !== 'approved') throw fail('grant_not_live')
  await endGrants(context, { id }, { reason: 'returned', by: person(), now })
  return showGrant(context, id, callerOf(context), now)
})

/** By whoever has it, gave it, could give it, or manages access; and at once. */
export const revoke = handle(grant.revoke, async ({ id, reason }, context) => {
  const { tx, now, person, fail } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  const caller = callerOf(context)
  const manages = holds(context.principal, 'access:manage')
  const gave = (await approvalsOf(tx, [id])).some(({ personId }) => personId === caller.personId)
  if (row.personId !== caller.personId && !manages && !gave && !mayDecide(await policyById(tx, row.policyId), caller))
    throw fail('not_yours')
  if (stateAt(row, now) !== 'approved') throw fail('grant_not_live')
  await endGrants(context, { id }, { reason: 'revoked', by: person(), now, why: reason })
  const shown = await showGrant(context, id, caller, now)
  await tellRequester(context, row, shown.targetName, 'is revoked')
  return shown
})

export const revokeAllOf = handle(grant.revokeAllOf, async ({ personId, reason }, context) => {
  const { tx, now, person, because, fail } = context
  const known = await tx.selectFrom('membership').select('personId').where('personId', '=', personId).executeTakeFirst()
  const had =
    known ?? (await tx.selectFrom('accessGrant').select('id').where('personId', '=', personId).limit(1).executeTakeFirst())
  if (!had) throw fail('person_not_found')
  const ended = await endGrants(context, { personId }, { reason: 'revoked', by: person(), now, why: reason })
  because(reason)
  return { personId, ...ended }
})
