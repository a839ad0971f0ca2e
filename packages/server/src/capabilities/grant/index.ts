import type { Capability } from '../../kernel/capability.ts'
import { approve, cancel, deny } from './deciding.ts'
import { returnEarly, revoke, revokeAllOf } from './ending.ts'
import { certificate, openRecording } from './issuing.ts'
import { list, read } from './queries.ts'
import { extend, options, request } from './requesting.ts'
import { endOfMembership, settleAll, settleOne } from './upkeep.ts'

/** Access to servers for a time (C6). */
export const grants: Capability = {
  handlers: [
    options,
    request,
    approve,
    deny,
    cancel,
    certificate,
    extend,
    returnEarly,
    revoke,
    revokeAllOf,
    list,
    read,
    openRecording,
  ],
  jobs: [settleOne],
  schedules: [settleAll],
  memberHooks: [endOfMembership],
}
