import type { Capability } from '../kernel/capability.ts'
import { accessLog } from './access-log/index.ts'
import { account } from './account/index.ts'
import { factor } from './factor/index.ts'
import { ledger } from './ledger/index.ts'
import { session } from './session/index.ts'
import { setup } from './setup/index.ts'

/** Everything the server can do. A new capability adds one import and one name here. */
export const capabilities: readonly Capability[] = [setup, session, account, factor, ledger, accessLog]
