import type { Capability } from '../../kernel/capability.ts'
import { giveBack, list as own, organisations, request } from './asking.ts'
import { allowAhead, approve, deny, end, list, policy, withdraw } from './deciding.ts'
import { enter, leave } from './entering.ts'
import { promises } from './promises.ts'

/** The operator's people in a customer's organisation, by the customer's leave and for a time (C5). */
export const staffAccess: Capability = {
  handlers: [organisations, request, own, enter, leave, giveBack, list, approve, deny, end, policy, allowAhead, withdraw],
  promises,
}
