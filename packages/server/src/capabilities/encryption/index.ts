import type { Capability } from '../../kernel/capability.ts'
import { rotateDataKey } from './commands.ts'
import { keys } from './queries.ts'
import { reseal } from './reseal.ts'

/** The organisation's own keys (D2, D3). */
export const encryption: Capability = { handlers: [keys, rotateDataKey], jobs: [reseal] }
