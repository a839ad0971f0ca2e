import type { Capability } from '../kernel/capability.ts'
import { accessLog } from './access-log/index.ts'
import { ledger } from './ledger/index.ts'
import { setup } from './setup/index.ts'

/** Everything the server can do. A new capability adds one import and one name here. */
export const capabilities: readonly Capability[] = [setup, ledger, accessLog]
