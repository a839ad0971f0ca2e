import type { Role } from '@holdfast/contract'

/** Why ownership cannot pass to somebody with this role; null when it can. Roles are live ones; null: no member. */
export const transferRefusal = (target: Role | null): 'member_not_found' | 'already_owner' | null => {
  if (target === null) return 'member_not_found'
  return target === 'owner' ? 'already_owner' : null
}
