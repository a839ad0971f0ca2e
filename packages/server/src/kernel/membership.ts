import { Role, type PersonId } from '@holdfast/contract'
import type { Context, Entered } from './handle.ts'
import type { OrgTx } from './tenancy/org-tx.ts'

/**
 * Live roles of the given people here, locked until commit in one order, so that two who change each other wait for each other and the
 * second sees what the first did. People who are no members are missing.
 */
export const lockRoles = async (tx: OrgTx, people: readonly PersonId[]): Promise<Map<PersonId, Role>> => {
  const rows = await tx
    .selectFrom('membership')
    .select(['personId', 'role'])
    .where('personId', 'in', [...new Set(people)])
    .orderBy('personId')
    .forUpdate()
    .execute()
  return new Map(rows.map(({ personId, role }) => [personId as PersonId, Role.parse(role)]))
}

/** Called after the change, in its transaction: `role` is the new one, null for who is no member any more. */
export type MemberHook = (
  change: { personId: PersonId; role: Role | null; by: PersonId | null; now: Date },
  entered: Entered,
) => Promise<void>

export type Changing = Pick<Context, 'tx' | 'vault' | 'now' | 'person' | 'services'>

/** Others hang on a membership as well: access to servers ends with it, and with the role that allowed it. Call it after the change. */
export const membershipChanged = async (context: Changing, personId: PersonId, role: Role | null): Promise<void> => {
  const change = { personId, role, by: context.person(), now: context.now }
  for (const hook of context.services.memberHooks) await hook(change, context)
}
