import type { Capability } from '../../kernel/capability.ts'
import { changeRole, endSessions, leave, remove } from './commands.ts'
import { list } from './queries.ts'

/** The people of an organisation and their roles (C1). */
export const member: Capability = { handlers: [list, changeRole, remove, endSessions, leave] }
