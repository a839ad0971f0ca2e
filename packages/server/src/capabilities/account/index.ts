import type { Capability } from '../../kernel/capability.ts'
import { changePassword, rename, requestReset, resetPassword } from './commands.ts'

export const account: Capability = {
  handlers: [rename, changePassword, requestReset, resetPassword],
}
