import type { PersonId } from '@holdfast/contract'
import type { Context } from '../../kernel/handle.ts'
import { confirmFresh, type Proof, type RefuseFactor } from '../../kernel/identity/fresh-code.ts'
import { hasRole, holderOf, isPerson } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { confirmedMinutes, type Somebody } from './rules.ts'

export type Ctx = Omit<Context<never>, 'fail' | 'obligations'>

/** Who calls: the role is what they may do now, by the key they use. */
export const callerOf = ({ principal }: Pick<Context, 'principal'>): Somebody & { personId: PersonId } => {
  if (!isPerson(principal)) throw common('session_required')
  return { personId: principal.personId, role: principal.role }
}

/** Who looks: a service account may, and is nobody whose grant it could be. */
export const viewerOf = ({ principal }: Pick<Context, 'principal'>): Somebody => {
  if (!hasRole(principal)) throw common('session_required')
  return { personId: holderOf(principal), role: principal.role }
}

/** The session or the key; a confirmation counts for the one it was given by. */
export const confirmedBy = ({ principal }: Pick<Context, 'principal'>): string | null => {
  if (principal.kind === 'session') return principal.sessionId
  return principal.kind === 'api_key' ? principal.keyId : null
}

export interface Confirmation {
  confirmedAt: Date | null
  confirmedBy: string | null
}

/**
 * That the requester is there in person: by a code or a passkey; or, where one was given for this very grant a moment ago by the same session or key, by
 * that. A key may stand alone where the policy says so.
 */
export const confirmPresence = async (
  context: Ctx,
  proof: Proof,
  { apiKeysMayAsk, earlier }: { apiKeysMayAsk: boolean; earlier?: Confirmation },
  refuse: RefuseFactor,
): Promise<Confirmation> => {
  const { now, principal } = context
  const by = confirmedBy(context)
  if (proof.code !== undefined || proof.passkey) {
    await confirmFresh(context, proof, refuse)
    return { confirmedAt: now, confirmedBy: by }
  }
  const since = earlier?.confirmedAt && earlier.confirmedBy === by ? now.getTime() - earlier.confirmedAt.getTime() : Infinity
  if (earlier && since >= 0 && since < confirmedMinutes * 60_000) return earlier
  if (principal.kind === 'api_key' && apiKeysMayAsk) return { confirmedAt: null, confirmedBy: null }
  throw refuse('code_needed', 'Enter a current code of your second factor, or use a passkey.')
}
