import type { Clock } from './clock.ts'
import type { Ground } from './unit.ts'
import type { Tokens } from './identity/tokens.ts'
import type { Passwords } from './identity/passwords.ts'

/** What handlers may use of the world outside their transaction: ports, filled in by the composition root. */
export interface Services {
  clock: Clock
  ground: Ground
  tokens: Tokens
  passwords: Passwords
  /** The address people reach us at, without a trailing slash. */
  publicUrl: string
}
