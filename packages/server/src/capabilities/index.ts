import type { Capability } from '../kernel/capability.ts'
import { organisation } from './organisation/index.ts'
import { member } from './member/index.ts'
import { invitation } from './invitation/index.ts'
import { apiKey } from './api-key/index.ts'
import { accessLog } from './access-log/index.ts'
import { accessPolicy } from './access-policy/index.ts'
import { accessReview } from './access-review/index.ts'
import { account } from './account/index.ts'
import { agents } from './agent/index.ts'
import { breakGlassUses } from './break-glass/index.ts'
import { emergencyKeys } from './emergency-key/index.ts'
import { database } from './database/index.ts'
import { directory } from './directory/index.ts'
import { encryption } from './encryption/index.ts'
import { factor } from './factor/index.ts'
import { grants } from './grant/index.ts'
import { host } from './host/index.ts'
import { ledger } from './ledger/index.ts'
import { obligation } from './obligation/index.ts'
import { operator } from './operator/index.ts'
import { recordings } from './recording/index.ts'
import { recovery } from './recovery/index.ts'
import { policy } from './policy/index.ts'
import { serviceAccount } from './service-account/index.ts'
import { session } from './session/index.ts'
import { setup } from './setup/index.ts'
import { signInPolicy } from './sign-in-policy/index.ts'
import { singleSignOn } from './sso/index.ts'
import { sshAuthorities } from './ssh-authority/index.ts'
import { staffAccess } from './staff-access/index.ts'

/** Everything the server can do. A new capability adds one import and one name here. */
export const capabilities: readonly Capability[] = [
  ...[
    setup,
    session,
    account,
    factor,
    recovery,
    organisation,
    signInPolicy,
    member,
    invitation,
    apiKey,
    serviceAccount,
    singleSignOn,
    directory,
  ],
  ...[host, sshAuthorities, database, accessPolicy, accessReview, grants, breakGlassUses, emergencyKeys, recordings, agents],
  ...[policy, obligation, ledger, accessLog, staffAccess, encryption, operator],
]
