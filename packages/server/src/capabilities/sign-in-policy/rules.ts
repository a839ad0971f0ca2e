import type { SignInPolicy } from '@holdfast/contract'
import { heldBackBy, isOver, type SessionStanding, type SignInRules } from '../../kernel/identity/sign-in-policy.ts'

/** The policy after a change: what is not named stays. */
export const changed = (
  policy: SignInPolicy,
  change: Partial<{ [K in keyof SignInPolicy]: SignInPolicy[K] | undefined }>,
): SignInPolicy => ({
  requireMfa: change.requireMfa ?? policy.requireMfa,
  sessionMinutes: change.sessionMinutes === undefined ? policy.sessionMinutes : change.sessionMinutes,
  idleMinutes: change.idleMinutes === undefined ? policy.idleMinutes : change.idleMinutes,
  lockMinutes: change.lockMinutes === undefined ? policy.lockMinutes : change.lockMinutes,
  networks: change.networks ?? policy.networks,
  methods: change.methods ?? policy.methods,
})

/** Why whoever sets this could not go on themselves, and what to do about it; null: they could. A rule that shuts out its author is a slip. */
export const locksOut = (rules: SignInRules, author: SessionStanding, now: Date): string | null => {
  if (isOver(rules, author, now))
    return 'Your own session would be over: it is older than that. Sign out, sign in again, then set it.'
  const heldBack = heldBackBy(rules, author, now)
  if (heldBack === 'network')
    return `You are at ${author.address}, which is in none of these networks. Add one that holds it, or set this from inside.`
  if (heldBack === 'method') {
    const accepted = rules.methods.map((method) => (method === 'sso' ? 'single sign-on' : `a ${method}`)).join(' or ')
    return `You have not signed in by ${accepted}. Sign in that way first, then set it.`
  }
  return null
}

/** Whether a member without a passkey is stopped by these methods: single sign-on may still bring them in. */
export const asksForPasskey = ({ methods }: Pick<SignInRules, 'methods'>): boolean =>
  methods.includes('passkey') && !methods.includes('password')
