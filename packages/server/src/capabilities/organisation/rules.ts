import type { Role } from '@holdfast/contract'

/** Why ownership cannot pass to somebody with this role; null when it can. Roles are live ones; null: no member. */
export const transferRefusal = (target: Role | null): 'member_not_found' | 'already_owner' | null => {
  if (target === null) return 'member_not_found'
  return target === 'owner' ? 'already_owner' : null
}

/** Why a plan cannot be set so. Who runs the installation has everything in it, for good. */
export const planRefusal = (
  own: boolean,
  endsAt: Date | null,
  now: Date,
): 'operator_organisation' | 'ends_in_the_past' | null => {
  if (own) return 'operator_organisation'
  return endsAt !== null && endsAt <= now ? 'ends_in_the_past' : null
}
