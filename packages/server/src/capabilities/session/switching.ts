import { session, type FurtherAction, type Role } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'
import { isRestricted, nextOf } from '../../kernel/identity/mfa.ts'
import { actorOf } from '../../kernel/ledger/entry.ts'
import { byBreakGlass, tellOfBreakGlass } from '../../kernel/sign-on/break-glass.ts'
import { boundBy } from '../../kernel/sign-on/enforcement.ts'
import { openUnit, record } from '../../kernel/unit.ts'
import { continueAs, sessionOf } from './commands.ts'

interface Membership {
  role: Role
  requires_mfa: boolean
}

interface Arrival {
  orgId: Context['orgId']
  sessionId: string
  breakGlass: boolean
}

/** The organisation that is entered learns of it by an entry of its own; it holds no change, the session is in the one that was left. */
const recordArrival = async (context: Context, { orgId, sessionId, breakGlass }: Arrival): Promise<void> => {
  const { ground, publicUrl } = context.services
  const personId = context.person()
  const unit = openUnit(ground, orgId, personId, true)
  const { principal, requestId, origin, now } = context
  try {
    if (breakGlass) await tellOfBreakGlass(unit, { personId, now, origin, publicUrl })
    await record(ground, unit, {
      actor: actorOf(principal),
      action: 'session.organisation_entered' satisfies FurtherAction,
      targetId: sessionId,
      requestId,
      origin,
      reason: null,
    })
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

/**
 * What one organisation's provider says is worth nothing in another, and where single sign-on is insisted on nothing else is worth anything, but a
 * session by passkey of whoever has the emergency way in. True when it is taken.
 */
const takesBreakGlass = async (
  context: Context<typeof session.switchOrganisation>,
  orgId: Context['orgId'],
): Promise<boolean> => {
  const { tx, fail } = context
  const { ssoConnectionId, amr } = await tx
    .selectFrom('session')
    .select(['ssoConnectionId', 'amr'])
    .where('id', '=', context.session())
    .executeTakeFirstOrThrow()
  if (ssoConnectionId !== null)
    throw fail('sso_session', 'You came in by this organisation’s single sign-on, which opens no other. Sign in there.')
  const bound = (await boundBy(context, context.person())).get(orgId)
  if (bound === undefined) return false
  if (bound === 'sign_on_only' || !amr.includes('pop'))
    throw fail('sso_required', 'That organisation signs in by single sign-on only.')
  return true
}

/** The same sign-in goes on elsewhere; what that organisation requires holds at once. */
export const switchOrganisation = handle(session.switchOrganisation, async ({ orgId }, context) => {
  const principal = sessionOf(context)
  const person = context.person()
  const [membership] = await context.gate.ask<Membership>('gate_membership', [orgId, person])
  if (!membership) throw context.fail('organisation_not_found')
  const elsewhere = orgId !== context.orgId
  const breakGlass = elsewhere && (await takesBreakGlass(context, orgId))
  const id = await continueAs(context, { orgId, ...(breakGlass && { amr: [byBreakGlass] }) })
  if (elsewhere) context.afterCommit(() => recordArrival(context, { orgId, sessionId: id, breakGlass }))
  const current = await context.tx.selectFrom('session').select('restricted').where('id', '=', id).executeTakeFirstOrThrow()
  const restricted = isRestricted({
    role: membership.role,
    orgRequiresMfa: membership.requires_mfa,
    sessionRestricted: current.restricted,
    confirmedAt: principal.factorConfirmedAt,
  })
  return { id, next: nextOf(restricted, await hasFactor(context, person)) }
})
