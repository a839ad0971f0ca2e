import type { Capability } from '../../kernel/capability.ts'
import { approve, cancel, deny } from './deciding.ts'
import { returnEarly, revoke, revokeAllOf } from './ending.ts'
import { abandon, databaseCredentials } from './database-credentials.ts'
import { settleRoles, settleRolesMissed } from './database-roles.ts'
import { certificate, openRecording } from './issuing.ts'
import { databaseOptions, options } from './options.ts'
import { news } from './news.ts'
import { list, read } from './queries.ts'
import { extend, request } from './requesting.ts'
import { endOfMembership, settleAll, settleOne } from './upkeep.ts'

/** Access to servers and databases for a time (C6). */
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
    databaseOptions,
    databaseCredentials,
    abandon,
    news,
  ],
  jobs: [settleOne, settleRoles],
  schedules: [settleAll, settleRolesMissed],
  memberHooks: [endOfMembership],
}
