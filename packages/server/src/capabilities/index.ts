import type { Capability } from '../kernel/capability.ts'
import { organisation } from './organisation/index.ts'
import { member } from './member/index.ts'
import { invitation } from './invitation/index.ts'
import { apiKey } from './api-key/index.ts'
import { accessLog } from './access-log/index.ts'
import { account } from './account/index.ts'
import { encryption } from './encryption/index.ts'
import { factor } from './factor/index.ts'
import { ledger } from './ledger/index.ts'
import { obligation } from './obligation/index.ts'
import { operator } from './operator/index.ts'
import { policy } from './policy/index.ts'
import { session } from './session/index.ts'
import { setup } from './setup/index.ts'

/** Everything the server can do. A new capability adds one import and one name here. */
export const capabilities: readonly Capability[] = [
  ...[setup, session, account, factor, organisation, member, invitation, apiKey],
  ...[policy, obligation, ledger, accessLog, encryption, operator],
]
