import type { AccessLog } from './access-log.ts'
import type { Background } from './background.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Clearance } from './clearance.ts'
import type { Clock } from './clock.ts'
import type { DatabaseReach } from './database/connect.ts'
import type { Endpoint } from './http/edge.promises.ts'
import type { Metrics } from './http/metrics.ts'
import type { Guesses } from './identity/guesses.ts'
import type { Passwords } from './identity/passwords.ts'
import type { Secrets } from './identity/secrets.ts'
import type { Tokens } from './identity/tokens.ts'
import type { Installation } from './installation.ts'
import type { Mailer } from './mailer.ts'
import type { AdoptionHook, JoinHook, MemberHook } from './membership.ts'
import type { ObligationHook } from './obligation/hook.ts'
import type { SignOnPorts } from './sign-on/ports.ts'
import type { Ground } from './unit.ts'

/** What handlers may use of the world outside their transaction: ports, filled in by the composition root. */
export interface Services {
  clock: Clock
  ground: Ground
  tokens: Tokens
  passwords: Passwords
  secrets: Secrets
  guesses: Guesses
  accessLog: AccessLog
  background: Background
  changes: ChangeFeed
  /** Whether somebody may do risky work. */
  clearance: Clearance
  /** Null: no mail server is configured; mail is held for the operator. */
  mailer: Mailer | null
  /** Null where nobody manages the secrets outside the database (some tests). */
  installation: Installation | null
  metrics: Metrics
  /** What capabilities do when a deadline warns, breaks or escalates. */
  obligationHooks: readonly ObligationHook[]
  /** What capabilities do when somebody leaves or gets another role. */
  memberHooks: readonly MemberHook[]
  /** What capabilities do when somebody joins. */
  joinHooks: readonly JoinHook[]
  /** What capabilities do when a directory takes an account in. */
  adoptionHooks: readonly AdoptionHook[]
  about: { version: string; startedAt: Date }
  /** SHA-256 of the one-time set-up token; null when none was issued. */
  setupTokenHash: () => Promise<Buffer | null>
  /** The installation shows example data. */
  demo: boolean
  /** Where checkpoints are kept as files, outside the database; null: nowhere. */
  checkpointDir: string | null
  /** Our own TLS listeners, to be scanned (D1). */
  endpoints: readonly Endpoint[]
  /** Whether webhooks may point into our own network. */
  webhooksInside: boolean
  /** What single sign-on may reach outside, and how. */
  signOn: SignOnPorts
  /** Which databases people may be given access to. */
  databases: DatabaseReach
  /** The address people reach us at, without a trailing slash. */
  publicUrl: string
}
