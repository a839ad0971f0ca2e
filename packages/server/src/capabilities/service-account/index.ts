import type { Capability } from '../../kernel/capability.ts'
import { confirmReview, create, createKey, disable, reassign, update } from './commands.ts'
import { upkeep, whenSomebodyChanges } from './leaving.ts'
import { current, list, read } from './queries.ts'

/** Principals that are no people, with keys of their own. */
export const serviceAccount: Capability = {
  handlers: [create, list, read, current, update, reassign, confirmReview, createKey, disable],
  schedules: [upkeep],
  memberHooks: [whenSomebodyChanges],
}
