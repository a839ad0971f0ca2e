import type { Capability } from '../../kernel/capability.ts'
import { hasSecondFactor } from './clearance.ts'
import { remove, rename, renewRecoveryCodes } from './commands.ts'
import { confirmPasskey, enrolPasskey, passkeyOptions } from './passkey.ts'
import { tellWhatOpens, tellWhoWasTakenIn } from './joining.ts'
import { list } from './queries.ts'
import { confirmTotp, enrolTotp } from './totp.ts'

export const factor: Capability = {
  handlers: [list, enrolTotp, confirmTotp, enrolPasskey, confirmPasskey, passkeyOptions, rename, remove, renewRecoveryCodes],
  clearance: [hasSecondFactor],
  joinHooks: [tellWhatOpens],
  adoptionHooks: [tellWhoWasTakenIn],
}
