import type { Capability } from '../../kernel/capability.ts'
import { promises } from './promises.ts'
import { events, list, read, search, verify } from './queries.ts'
import { upkeep } from './upkeep.ts'
import { append, end } from './writing.ts'

/** Recorded sessions (C7). They begin where certificates are made: `grant/issuing.ts`. */
export const recordings: Capability = {
  handlers: [append, end, list, read, events, search, verify],
  schedules: [upkeep],
  promises,
}
