import type { Capability } from '../../kernel/capability.ts'
import { ask, begin } from './asking.ts'
import { confirm, lapsing, refuse, stop } from './deciding.ts'
import { list, mine, read } from './queries.ts'
import { whenRolesChange } from './standing.ts'

/** A second factor that is lost with all recovery codes: two others confirm, a day passes, one new factor is enrolled (C2). */
export const recovery: Capability = {
  handlers: [ask, begin, mine, list, read, confirm, refuse, stop],
  memberHooks: [whenRolesChange],
  obligationHooks: lapsing,
}
