import type { Principal } from '../../kernel/principal.ts'
import { stepUpUntil } from '../../kernel/principal.ts'

export const appsAtMost = 5
/** A begun enrolment that nobody finished is worth nothing afterwards. */
export const enrolmentMinutes = 15

/**
 * Whether a factor may be added now. Whoever has one must have confirmed it lately: else a stolen password would add its own factor. The
 * first one may be enrolled by a session that can do nothing else yet; otherwise the password must have been confirmed lately.
 */
export const mayAddFactor = (principal: Principal, enrolled: boolean, now: Date): boolean => {
  if (principal.kind !== 'session') return false
  if (principal.restricted) return !enrolled
  return stepUpUntil(principal, now) !== null
}
