import type { Capability } from '../../kernel/capability.ts'
import { authorise, create, revoke } from './commands.ts'
import { list } from './queries.ts'

/** API keys of a member, never stronger than the member. */
export const apiKey: Capability = { handlers: [create, authorise, list, revoke] }
