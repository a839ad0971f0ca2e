import type { Capability } from '../../kernel/capability.ts'
import { register, retire, setAdministrator, test } from './commands.ts'
import { list, read } from './queries.ts'
import { reconcileAll } from './reconcile.ts'

/** PostgreSQL databases that people get access to for a time (C6). */
export const database: Capability = {
  handlers: [register, test, setAdministrator, retire, list, read],
  schedules: [reconcileAll],
}
