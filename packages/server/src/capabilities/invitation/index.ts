import type { Capability } from '../../kernel/capability.ts'
import { accept, create, revoke } from './commands.ts'
import { list, preview } from './queries.ts'

/** The only way in (C1): by invitation, for seven days, once. */
export const invitation: Capability = { handlers: [create, list, revoke, preview, accept] }
