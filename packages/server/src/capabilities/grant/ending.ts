import { grant } from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import { handle } from '../../kernel/handle.ts'
import { holds } from '../../kernel/permit.ts'
import { personIn } from '../../kernel/request.ts'
import { askerOf, callerOf, isOwn } from './people.ts'
import { policyById } from './requesting.ts'
import { mayDecide } from '../../kernel/access/entitled.ts'
import { stateAt } from './rules.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { approvalsOf, lockGrant, showGrant } from './rows.ts'
import { tellRequester } from './telling.ts'

/** Asks for no code: ending access must be easy. */
export const returnEarly = handle(grant.return, async ({ id }, context) => {
  const { tx, now, principal, fail } = context
  const caller = askerOf(context)
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  if (!isOwn(caller, row)) throw fail('not_yours')
  if (stateAt(row, now) !== 'approved') throw fail('grant_not_live')
  await endGrants(context, { id }, { reason: 'returned', by: personIn(principal), now })
  return showGrant(context, id, caller, now)
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

const isKnownPerson = async (tx: OrgTx, personId: string): Promise<boolean> => {
  const member = await tx.selectFrom('membership').select('personId').where('personId', '=', personId).executeTakeFirst()
  if (member) return true
  const grants = tx.selectFrom('accessGrant').select('id').where('personId', '=', personId)
  return (await grants.limit(1).executeTakeFirst()) !== undefined
}

const isKnownAccount = async (tx: OrgTx, id: string): Promise<boolean> =>
  (await tx.selectFrom('serviceAccount').select('id').where('id', '=', id).executeTakeFirst()) !== undefined

export const revokeAllOf = handle(grant.revokeAllOf, async (input, context) => {
  const { tx, now, principal, because, fail } = context
  const { personId = null, serviceAccountId = null, reason } = input
  const which = personId === null ? serviceAccountId !== null && { serviceAccountId } : serviceAccountId === null && { personId }
  if (!which) throw fail('whose_needed', 'Name a person or a service account, and not both.')
  if ('personId' in which && !(await isKnownPerson(tx, which.personId))) throw fail('person_not_found')
  if ('serviceAccountId' in which && !(await isKnownAccount(tx, which.serviceAccountId))) throw fail('account_not_found')
  const ended = await endGrants(context, which, { reason: 'revoked', by: personIn(principal), now, why: reason })
  because(reason)
  return { personId, serviceAccountId, ...ended }
})
