import { hashToken, randomToken } from '@holdfast/crypto'
import { account, type FurtherAction, type OrgId, type PersonId } from '@holdfast/contract'
import type { Gate } from '../../kernel/gate.ts'
import { handle, handlePublic, type Entered, type Origin } from '../../kernel/handle.ts'
import { newId } from '../../kernel/identifier.ts'
import { emailIndexOf } from '../../kernel/identity/email-index.ts'
import { after, minutes, resetLinkMinutes } from '../../kernel/identity/lifetimes.ts'
import { ownPasswordIs } from '../../kernel/identity/own-password.ts'
import { readPerson, sealName } from '../../kernel/people.ts'
import { cookiesFor, endSessions, replaceSession } from '../../kernel/identity/sessions.ts'
import { queueMail } from '../../kernel/mail.ts'
import { common } from '../../kernel/problem.ts'
import type { Services } from '../../kernel/services.ts'
import { openUnit, record } from '../../kernel/unit.ts'

export const rename = handle(account.rename, async ({ name }, { tx, vault, person, now }) => {
  const id = person()
  await tx
    .updateTable('person')
    .set({ nameSealed: await sealName(vault, id, name), updatedAt: now })
    .where('id', '=', id)
    .execute()
  return { id, name }
})

const setPassword = async ({ tx }: Entered, personId: PersonId, passwordHash: string, now: Date): Promise<void> => {
  await tx.updateTable('person').set({ passwordHash, updatedAt: now }).where('id', '=', personId).execute()
  // Links asked for under the old password are void.
  await tx
    .updateTable('passwordReset')
    .set({ usedAt: now })
    .where('personId', '=', personId)
    .where('usedAt', 'is', null)
    .execute()
}

const tell = async (entered: Entered, personId: PersonId, publicUrl: string): Promise<void> => {
  const { email, name } = await readPerson(entered, personId)
  const text = `Hello ${name},\n\nyour password was changed, and your other sessions have ended.\n\nIf that was not you, ask for a new one at once: ${publicUrl}/reset\n`
  await queueMail(entered, { to: email, subject: 'Your password was changed', text, personId })
}

/** Ends every other session and goes on under a new id. */
export const changePassword = handle(account.changePassword, async ({ current, next }, context) => {
  const { services, principal, now, fail, origin } = context
  const id = context.person()
  if (principal.kind !== 'session') throw common('session_required')
  const passwordHash = await services.passwords.hash(next) // before anything is asked of the database: no connection waits for it
  if (!(await ownPasswordIs(current, id, context))) throw fail('password_refused')
  const { name, email } = await readPerson(context, id)
  if (services.passwords.isCommon(next, [name, email])) throw fail('password_too_common')
  await setPassword(context, id, passwordHash, now)
  const sessionsEnded = await endSessions(context, id, 'password_changed', now, context.session())
  const sessionId = await replaceSession(context, principal, {}, origin, now)
  context.cookies(await cookiesFor(services.tokens, { personId: id, orgId: context.orgId, sessionId }, 0, now))
  await tell(context, id, services.publicUrl)
  return { id, sessionsEnded }
})

interface PersonRow {
  person_id: PersonId
  state: string
  org_ids: OrgId[]
}

/** Three open links at a time: nobody's mailbox is flooded by a stranger who knows the address. */
const mayHaveLink = async ({ tx }: Entered, now: Date): Promise<boolean> => {
  const open = await tx
    .selectFrom('passwordReset')
    .select('id')
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .limit(3)
    .execute()
  return open.length < 3
}

/** The link travels by mail only, its token behind the `#`, where no server and no log sees it. */
const sendLink = async (
  email: string,
  origin: Origin,
  requestId: string,
  { services, gate }: { services: Services; gate: Gate },
): Promise<void> => {
  const index = await emailIndexOf(services.secrets, email)
  const [found] = index ? await gate.ask<PersonRow>('gate_person_by_email', [index]) : []
  const orgId = found?.org_ids[0]
  if (!found || !orgId || found.state !== 'active') return
  const now = services.clock.now()
  const personId = found.person_id
  const unit = openUnit(services.ground, orgId, personId, true)
  try {
    if (!(await mayHaveLink(unit, now))) return await unit.transaction.rollback()
    const token = randomToken()
    const id = newId('pr')
    const expiresAt = after(now, minutes(resetLinkMinutes))
    await unit.tx
      .insertInto('passwordReset')
      .values({ id, personId, tokenHash: hashToken(token), createdAt: now, expiresAt, usedAt: null })
      .execute()
    const { name, email: to } = await readPerson(unit, personId)
    const text = `Hello ${name},\n\nset a new password within ${resetLinkMinutes} minutes:\n${services.publicUrl}/reset/new#${token}\n\nThe link works once. If you did not ask for it, ignore this mail: nothing has changed.\n`
    await queueMail(unit, { to, subject: 'Set a new password', text, personId })
    const actor = { type: 'person', id: 'anonymous', via: 'public' }
    await record(services.ground, unit, {
      actor,
      action: 'account.reset_link_sent' satisfies FurtherAction,
      targetId: personId,
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
 * The same answer after the same steps for known and unknown addresses: one entry in the operator's ledger that names nobody. Whether
 * there is such a person is looked up only after the answer.
 */
export const requestReset = handlePublic(
  account.requestReset,
  async ({ email }, { services, gate, enter, origin, requestId, afterCommit }) => {
    const operatorOrg = await services.secrets.operatorOrg()
    if (!operatorOrg) return { sent: true as const }
    enter(operatorOrg, null)
    afterCommit(() => services.background.run(() => sendLink(email, origin, requestId, { services, gate })))
    return { sent: true as const }
  },
)

interface ResetRow {
  id: string
  person_id: PersonId
  org_id: OrgId | null
  expires_at: Date
  used_at: Date | null
}

/** Sets the password and ends every session. Signing in stays a matter of its own: the second factor is asked for as ever. */
export const resetPassword = handlePublic(
  account.resetPassword,
  async ({ token, password }, { services, gate, fail, enter, now }) => {
    const [link] = await gate.ask<ResetRow>('gate_reset', [hashToken(token)])
    if (!link?.org_id || link.used_at || link.expires_at <= now) throw fail('link_invalid', 'Ask for a new link.')
    const { id: linkId, person_id: id, org_id: orgId } = link
    const passwordHash = await services.passwords.hash(password) // first, so that no connection waits for it
    const entered = enter(orgId, id)
    const { name, email } = await readPerson(entered, id)
    if (services.passwords.isCommon(password, [name, email])) throw fail('password_too_common')
    const used = await entered.tx
      .updateTable('passwordReset')
      .set({ usedAt: now })
      .where('id', '=', linkId)
      .where('usedAt', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!used) throw fail('link_invalid', 'Ask for a new link.')
    await setPassword(entered, id, passwordHash, now)
    await endSessions(entered, id, 'password_reset', now)
    await tell(entered, id, services.publicUrl)
    return { id }
  },
)
