import type { OrgId, SessionId } from '@holdfast/contract'
import type { Context } from '../../kernel/handle.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'
import { isRestricted, nextOf } from '../../kernel/identity/mfa.ts'
import { heldBackBy, nextWhenHeldBack } from '../../kernel/identity/sign-in-policy.ts'
import type { Membership } from './arriving.ts'

interface Standing {
  id: SessionId
  orgId: OrgId
  membership: Pick<Membership, 'role' | 'requires_mfa' | 'policy'>
}

/** What the session has to do next, as the session check will find it. */
export const nextIn = async (context: Omit<Context<never>, 'fail' | 'obligations'>, { id, orgId, membership }: Standing) => {
  const { role, requires_mfa: orgRequiresMfa, policy } = membership
  const current = await context.tx
    .selectFrom('session')
    .select(['restricted', 'mfaAt', 'signedInAt', 'attendedAt', 'methods'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const heldBack = heldBackBy(policy, { ...current, orgId, address: context.origin.address }, context.now)
  if (heldBack) return nextWhenHeldBack[heldBack]
  const standing = { role, orgRequiresMfa, sessionRestricted: current.restricted, confirmedAt: current.mfaAt }
  return nextOf(isRestricted(standing), await hasFactor(context, context.person()))
}

/** After a proof: the organisation may still want to see another method. */
export const nextAfterProof = async (context: Omit<Context<never>, 'fail' | 'obligations'>, id: SessionId) => {
  const { orgId } = context
  const [membership] = await context.gate.ask<Membership>('gate_membership', [orgId, context.person()])
  return membership ? nextIn(context, { id, orgId, membership }) : ('done' as const)
}
