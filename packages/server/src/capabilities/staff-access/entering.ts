import { staff, OrgId, StaffGrantId } from '@holdfast/contract'
import { handle, handlePublic, type Entered, type PublicContext } from '../../kernel/handle.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { cookiesFor, endToReplace, startSession, type NewSession } from '../../kernel/identity/sessions.ts'
import { common } from '../../kernel/problem.ts'
import { alsoIn } from '../../kernel/second-chain.ts'
import { boundBy } from '../../kernel/sign-on/enforcement.ts'
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

/**
 * Whatever would have ended the session at home meanwhile ends it now: a manager, single sign-on that is insisted on since, or the connection that it
 * came by and that is switched off.
 */
const mayComeHome = async (
  { gate, services }: Pick<PublicContext<typeof staff.leave>, 'gate' | 'services'>,
  { tx }: Pick<Entered, 'tx'>,
  {
    personId,
    orgId,
    signedInAt,
    ssoConnectionId,
  }: Pick<NewSession, 'personId' | 'orgId' | 'signedInAt'> & { ssoConnectionId: string | null },
): Promise<boolean> => {
  const [membership] = await gate.ask<{ sessions_ended_at: Date | null }>('gate_membership', [orgId, personId])
  const endedAt = membership?.sessions_ended_at ?? null
  if (endedAt !== null && signedInAt <= endedAt) return false
  if (ssoConnectionId === null) return (await boundBy({ gate, services }, personId)).get(orgId) !== 'sign_on_only'
  const connection = tx.selectFrom('ssoConnection').select('id').where('id', '=', ssoConnectionId).where('state', '=', 'active')
  return (await connection.executeTakeFirst()) !== undefined
}

/** Possible when the access has ended, too: it is the way back. Public, since nothing else is open to a session whose grant is over. */
export const leave = handlePublic(staff.leave, async (_, context) => {
  const { caller, now, origin, requestId, services, fail } = context
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
  const back = { ...old, personId, orgId: home }
  if (!(await mayComeHome(context, entered, back))) throw common('unauthenticated')
  const id = await startSession(entered, { ...back, attendedAt: old.authTime, origin }, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId: home, sessionId: id }, 0, now))
  return { id }
})
