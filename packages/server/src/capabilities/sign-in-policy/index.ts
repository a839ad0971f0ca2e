import type { Capability } from '../../kernel/capability.ts'
import { set } from './commands.ts'
import { preview, read } from './queries.ts'

/** What an organisation asks of those who sign in to it; kernel/identity/sign-in-policy.ts decides. */
export const signInPolicy: Capability = { handlers: [read, preview, set] }
