import { session } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { hasFactor, recoveryCodesLeft, useFactorCode } from '../../kernel/identity/factors.ts'
import { ownPasswordIs } from '../../kernel/identity/own-password.ts'
import { cookiesFor, endSessions, replaceSession, type SessionChange } from '../../kernel/identity/sessions.ts'
import type { SessionPrincipal } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { readIn } from '../../kernel/unit.ts'
import { nextAfterProof } from './next.ts'
import { reachOf } from './queries.ts'

export const sessionOf = ({ principal }: Pick<Context, 'principal'>): SessionPrincipal => {
  if (principal.kind !== 'session') throw common('session_required')
  return principal
}

/** Goes on under a new session id and gives the browser its tokens. */
export const continueAs = async (context: Omit<Context<never>, 'fail' | 'obligations'>, change: SessionChange) => {
  const { principal, personId } = { principal: sessionOf(context), personId: context.person() }
  const id = await replaceSession(context, principal, change, context.origin, context.now)
  const claims = { personId, orgId: change.orgId ?? principal.orgId, sessionId: id }
  context.cookies(await cookiesFor(context.services.tokens, claims, 0, context.now))
  return id
}

/** The second factor, at sign-in and again before a risky operation (C2). A code works once. */
export const confirmFactor = handle(session.confirmFactor, async ({ code }, context) => {
  const { fail, now, origin, services } = context
  const person = context.person()
  if (!(await hasFactor(context, person))) throw fail('no_factor', 'Enrol a second factor first.')
  const right = await services.guesses.begin('factor', person, origin.address)
  const method = await useFactorCode(context, person, code, now)
  if (!method) throw fail('code_refused', 'The code is wrong, too old, or was used already.')
  const id = await continueAs(context, { restricted: false, mfaAt: now, authTime: now, amr: [method, 'mfa'] })
  context.because(method === 'recovery' ? 'with a recovery code' : 'with a code of the authenticator app')
  context.afterCommit(right)
  const next = await nextAfterProof(context, id)
  return { id, next, recoveryCodesLeft: await recoveryCodesLeft(context, person) }
})

export const confirmPassword = handle(session.confirmPassword, async ({ password }, context) => {
  const person = context.person()
  const enrolled = await readIn(context.services.ground, context.orgId, person, (reading) => hasFactor(reading, person))
  if (enrolled) throw context.fail('factor_required', 'You have a second factor: confirm with a code.')
  if (!(await ownPasswordIs(password, person, context))) throw context.fail('password_refused')
  // A confirmation by a factor that was removed since must not stand in the way of this one.
  return { id: await continueAs(context, { authTime: context.now, mfaAt: null }) }
})

export const revoke = handle(session.revoke, async ({ id }, context) => {
  const { tx, person, now, fail } = context
  const within = await reachOf(context)
  const ended = await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: 'revoked' })
    .where('id', '=', id)
    .where('personId', '=', person())
    .where('revokedAt', 'is', null)
    .$if(within !== null, (query) => query.where('orgId', '=', within ?? ''))
    .returning('id')
    .executeTakeFirst()
  if (!ended) throw fail('session_not_found')
  return { id }
})

export const revokeOthers = handle(session.revokeOthers, async (_, context) => ({
  personId: context.person(),
  ended: await endSessions(context, context.person(), 'revoked', context.now, context.session(), await reachOf(context)),
}))

export const signOut = handle(session.signOut, async (_, context) => {
  const id = context.session()
  await context.tx
    .updateTable('session')
    .set({ revokedAt: context.now, revokeReason: 'signed_out' })
    .where('id', '=', id)
    .execute()
  context.cookies({ clear: true })
  return { id }
})

/** Only a proof unlocks it. */
export const lock = handle(session.lock, async (_, context) => {
  const id = context.session()
  await context.tx.updateTable('session').set({ attendedAt: null }).where('id', '=', id).execute()
  return { id }
})
