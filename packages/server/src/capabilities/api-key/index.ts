import type { Capability } from '../../kernel/capability.ts'
import { authorise, create, endOverlap, revoke, rotate } from './commands.ts'
import { list } from './queries.ts'
import { whenRoleChanges } from './weaker.ts'

/** API keys of a member, never stronger than the member; confined to permissions, networks and a time. */
export const apiKey: Capability = {
  handlers: [create, authorise, list, rotate, endOverlap, revoke],
  memberHooks: [whenRoleChanges],
}
