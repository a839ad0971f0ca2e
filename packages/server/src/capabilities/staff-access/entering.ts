import { staff, OrgId, StaffGrantId } from '@holdfast/contract'
import { handle, handlePublic } from '../../kernel/handle.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { cookiesFor, endToReplace, startSession } from '../../kernel/identity/sessions.ts'
import { common } from '../../kernel/problem.ts'
import { alsoIn } from '../../kernel/second-chain.ts'
import { inCustomers } from './asking.ts'
import { ownGrants } from './rows.ts'

/**
 * The same sign-in goes on in the customer's organisation, under a new session that names the grant; the database takes none whose grant is
 * not live, and asks again at every request.
 */
export const enter = handle(staff.enter, async (input, context) => {
  const { id } = input
  const { tx, now, origin, services, fail, principal } = context
  if (principal.kind !== 'session') throw common('session_required')
  const own = await ownGrants(tx).selectAll().where('own.id', '=', id).executeTakeFirst()
  if (!own) throw fail('staff_access_not_found')
  if (!own.live || own.endsAt === null || own.endsAt <= now) throw fail('staff_access_not_live')
  await confirmFresh(context, proofOf(staff.enter, input), fail)
  const { personId } = principal
  const orgId = OrgId.parse(own.orgId)
  const grantId = StaffGrantId.parse(id)
  const old = await endToReplace(context, principal, now)
  const sessionId = await inCustomers(context, orgId, id, staff.enter.audit.action, (entered) =>
    startSession(entered, { ...old, personId, orgId, origin, staffGrantId: grantId }, now),
  )
  context.cookies(await cookiesFor(services.tokens, { personId, orgId, sessionId }, 0, now))
  return { id: sessionId, grantId, endsAt: own.endsAt.toISOString() }
})

/** Possible when the access has ended, too: it is the way back. Public, since nothing else is open to a session whose grant is over. */
export const leave = handlePublic(staff.leave, async (_, context) => {
  const { caller, now, origin, requestId, services, gate, fail } = context
  const home = await services.secrets.operatorOrg()
  if (caller?.kind !== 'staff' || home === null) throw fail('not_entered', 'You are in no customer’s organisation.')
  const { personId, orgId, sessionId, grantId } = caller
  const entered = context.enter(home, personId)
  const actor = { type: 'staff', id: personId, session: sessionId, via: grantId }
  const outer = { tx: entered.tx, orgId: home, services, requestId, origin, personId, actor }
  const old = await alsoIn(outer, orgId, staff.leave.audit.action, async (inside) => ({
    value: await endToReplace(inside, caller, now),
    targetId: grantId,
  }))
  const [membership] = await gate.ask<{ sessions_ended_at: Date | null }>('gate_membership', [home, personId])
  const endedAt = membership?.sessions_ended_at ?? null
  if (endedAt !== null && old.signedInAt <= endedAt) throw common('unauthenticated') // their sessions at home were ended meanwhile
  const id = await startSession(entered, { ...old, attendedAt: old.authTime, personId, orgId: home, origin }, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId: home, sessionId: id }, 0, now))
  return { id }
})
