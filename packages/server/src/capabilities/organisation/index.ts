import type { Capability } from '../../kernel/capability.ts'
import { create, inviteOwner, transferOwnership, update } from './commands.ts'
import { lapse, setPlan } from './plan.ts'
import { read } from './queries.ts'

/** The organisation itself: its name, its plan, who owns it. */
export const organisation: Capability = {
  handlers: [read, update, create, inviteOwner, transferOwnership, setPlan],
  schedules: [lapse],
}
