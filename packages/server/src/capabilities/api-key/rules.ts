import { atLeast, type Role } from '@holdfast/contract'

/** Keys of one person that are neither revoked nor expired. */
export const liveKeys = 20

/** No key is stronger than its owner is when making it; what it may do later is capped by what they are then. */
export const refusalOf = (
  mine: Role,
  asked: Role,
  holdsScopes: boolean,
  live: number,
): 'role_too_strong' | 'scope_not_held' | 'too_many_keys' | null => {
  if (!atLeast(mine, asked)) return 'role_too_strong'
  if (!holdsScopes) return 'scope_not_held'
  return live >= liveKeys ? 'too_many_keys' : null
}
