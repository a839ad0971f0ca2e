import { access } from './access-news.ts'
import { accessPolicy } from './access-policy.ts'
import { accessReview } from './access-review.ts'
import { account, factor } from './account.ts'
import { agent } from './agent.ts'
import { apiKey } from './api-key.ts'
import { breakGlass } from './break-glass.ts'
import { emergencyKey } from './emergency-key.ts'
import { database } from './database.ts'
import { grant } from './grant.ts'
import { host } from './host.ts'
import { accessLog, ledger } from './ledger.ts'
import { encryption, operator } from './operator.ts'
import { obligations } from './obligation-operations.ts'
import { directory } from './directory.ts'
import type { Operation } from './operation.ts'
import { invitation, member, organisation } from './organisation.ts'
import { policy } from './policy.ts'
import { recording } from './recording.ts'
import { recovery } from './recovery.ts'
import { serviceAccount } from './service-account.ts'
import { session } from './session.ts'
import { setup } from './setup.ts'
import { signInPolicy } from './sign-in-policy.ts'
import { sso } from './sso.ts'
import { sshAuthority } from './ssh-authority.ts'
import { staff, staffAccess } from './staff-access.ts'

/** Everything the system can do, by noun and verb. A new capability adds one line here. */
export const operations = {
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
  sso,
  directory,
  serviceAccount,
  policy,
  host,
  sshAuthority,
  database,
  accessPolicy,
  accessReview,
  grant,
  access,
  breakGlass,
  emergencyKey,
  recording,
  agent,
  obligation: obligations,
  ledger,
  accessLog,
  staffAccess,
  staff,
  encryption,
  operator,
}

/** All operations, in declaration order. */
export const allOperations: readonly Operation[] = Object.values(operations).flatMap(
  (noun) => Object.values<unknown>(noun) as Operation[],
)

export const operationNamed = (name: string): Operation | undefined => allOperations.find((operation) => operation.name === name)
