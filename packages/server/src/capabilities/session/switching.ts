import { session, type FurtherAction, type OrgId } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { minutes } from '../../kernel/identity/lifetimes.ts'
import { isInside, isOver } from '../../kernel/identity/sign-in-policy.ts'
import { actorOf } from '../../kernel/ledger/entry.ts'
import type { SessionPrincipal } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { byBreakGlass, tellOfBreakGlass } from '../../kernel/sign-on/break-glass.ts'
import { boundBy } from '../../kernel/sign-on/enforcement.ts'
import { openUnit, record } from '../../kernel/unit.ts'
import type { Membership } from './arriving.ts'
import { continueAs, sessionOf } from './commands.ts'
import { nextIn } from './next.ts'

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

/** Refuses to go where the session would be over or shut out on arrival: staying is better. */
const requireWelcome = (
  { policy: rules, sessions_ended_at: endedAt }: Pick<Membership, 'policy' | 'sessions_ended_at'>,
  orgId: OrgId,
  { authenticatedAt, signedInAt }: SessionPrincipal,
  { origin, now, fail }: Pick<Context<typeof session.switchOrganisation>, 'origin' | 'now' | 'fail'>,
): void => {
  if (endedAt !== null && signedInAt <= endedAt)
    throw fail('sign_in_again', 'Your sessions there were ended. Sign out, and sign in again.')
  if (rules === null) return
  if (!isInside(rules.networks, origin.address)) throw common('network_refused')
  const arriving = { orgId, address: origin.address, signedInAt, attendedAt: authenticatedAt, methods: [] }
  const { sessionMinutes, idleMinutes, lockMinutes } = rules
  if (isOver({ ...rules, idleMinutes: null }, arriving, now))
    throw fail('sign_in_again', `A session there ends ${sessionMinutes} minutes after its sign-in. Sign out, and sign in again.`)
  // Whoever has not proved themselves for as long as nobody may be away there, does so first.
  const least = Math.min(idleMinutes ?? Infinity, lockMinutes ?? Infinity)
  if (now.getTime() - authenticatedAt.getTime() > minutes(least)) throw common('step_up_required')
}

/** The same sign-in goes on elsewhere; what that organisation requires holds at once. */
export const switchOrganisation = handle(session.switchOrganisation, async ({ orgId }, context) => {
  const principal = sessionOf(context)
  const person = context.person()
  const [membership] = await context.gate.ask<Membership>('gate_membership', [orgId, person])
  if (!membership) throw context.fail('organisation_not_found')
  const elsewhere = orgId !== context.orgId
  const breakGlass = elsewhere && (await takesBreakGlass(context, orgId))
  if (elsewhere) requireWelcome(membership, orgId, principal, context)
  const id = await continueAs(context, { orgId, ...(breakGlass && { amr: [byBreakGlass] }) })
  if (elsewhere) context.afterCommit(() => recordArrival(context, { orgId, sessionId: id, breakGlass }))
  return { id, next: await nextIn(context, { id, orgId, membership }) }
})
