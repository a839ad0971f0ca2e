import type { PersonId } from '@holdfast/contract'
import type { Context } from '../../kernel/handle.ts'
import { confirmFresh, type Proof, type RefuseFactor } from '../../kernel/identity/fresh-code.ts'
import { isPerson, type ServicePrincipal } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { idOf, type Asker, type Machine, type Somebody } from '../../kernel/access/entitled.ts'
import { confirmedMinutes } from './rules.ts'

export type Ctx = Omit<Context<never>, 'fail' | 'obligations'>

/** The person who calls: the role is what they may do now, by the key they use. */
export const callerOf = ({ principal }: Pick<Context, 'principal'>): Somebody & { personId: PersonId } => {
  if (!isPerson(principal)) throw common('session_required')
  return { personId: principal.personId, role: principal.role }
}

type MachineAsking = Machine & Pick<ServicePrincipal, 'keyId' | 'keyGeneration'>

/** Who asks, uses or looks: a person, or a service account by the key it uses. */
export const askerOf = (context: Pick<Context, 'principal'>): (Somebody & { personId: PersonId }) | MachineAsking => {
  const { principal } = context
  if (principal.kind !== 'service') return callerOf(context)
  const { serviceAccountId, keyId, keyGeneration, role } = principal
  return { serviceAccountId, keyId, keyGeneration, role }
}

/** Whether a grant is the caller’s own. */
export const isOwn = (asker: Asker, { requesterId }: { requesterId: string }): boolean => requesterId === idOf(asker)

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
 * that. A key may stand alone where the policy says so; a service account always, since no policy means it that does not name it.
 */
export const confirmPresence = async (
  context: Ctx,
  proof: Proof,
  { apiKeysMayAsk, earlier }: { apiKeysMayAsk: boolean; earlier?: Confirmation },
  refuse: RefuseFactor,
): Promise<Confirmation> => {
  const { now, principal } = context
  if (principal.kind === 'service') return { confirmedAt: null, confirmedBy: null }
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
