import type { Capability } from '../../kernel/capability.ts'
import { register, renewToken, retire, update } from './commands.ts'
import { promises } from './promises.ts'
import { authorities, list, read } from './queries.ts'
import { watchEnds } from './upkeep.ts'

/** Managed servers (C6). */
export const host: Capability = {
  handlers: [register, renewToken, update, retire, list, read, authorities],
  schedules: [watchEnds],
  promises,
}
