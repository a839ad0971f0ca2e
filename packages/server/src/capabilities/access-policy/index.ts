import type { Capability } from '../../kernel/capability.ts'
import { create, retire, update } from './commands.ts'
import { list, read, wouldEnd } from './queries.ts'

/** Who may ask for access to which servers, and who approves (C6). */
export const accessPolicy: Capability = { handlers: [create, update, retire, list, read, wouldEnd] }
