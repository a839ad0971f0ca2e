import type { Capability } from '../../kernel/capability.ts'
import { hasSecondFactor } from './clearance.ts'
import { confirmTotp, enrolTotp, remove, renewRecoveryCodes } from './commands.ts'
import { list } from './queries.ts'

export const factor: Capability = {
  handlers: [list, enrolTotp, confirmTotp, remove, renewRecoveryCodes],
  clearance: [hasSecondFactor],
}
