import type { Capability } from '../../kernel/capability.ts'
import { complete } from './commands.ts'
import { state } from './queries.ts'

export const setup: Capability = { handlers: [complete, state] }
