import type { Capability } from '../../kernel/capability.ts'
import { create, disable, enable, issueCredential, revokeCredential } from './configuring.ts'
import { whenAnOwnerGoes } from './leaving.ts'
import { applyRoles, unmapGroup, previewRoles } from './mapping.ts'
import { tieToDirectory } from './people.ts'
import { signOnHolds } from './promises.ts'
import { groups, log, people, read } from './queries.ts'
import { scimEdge } from './scim/edge.ts'
import { startTest, test } from './self-test.ts'
import { settleWaiting, tidyLog } from './upkeep.ts'

/** The customer's directory, which provisions its people and groups by SCIM 2.0 (C1). docs/adr/0017-scim.md. */
export const directory: Capability = {
  handlers: [
    ...[read, create, issueCredential, revokeCredential, disable, enable],
    ...[people, groups, previewRoles, applyRoles, unmapGroup, log, startTest, test],
  ],
  schedules: [settleWaiting, tidyLog],
  memberHooks: [whenAnOwnerGoes],
  joinHooks: [tieToDirectory],
  promises: [signOnHolds],
  edge: scimEdge,
}
