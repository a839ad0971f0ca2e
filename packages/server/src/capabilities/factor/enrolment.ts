import { createRecoveryCodes, hashRecoveryCode, normaliseRecoveryCode } from '@holdfast/crypto'
import type { PersonId, RecoveryId, SessionId } from '@holdfast/contract'
import type { Context, Entered } from '../../kernel/handle.ts'
import { newId } from '../../kernel/identifier.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'
import { belongsHereOnly, recoveryRight, useRecoveryRight } from '../../kernel/identity/recovery.ts'
import { cookiesFor, endSessions, isBySignOn, replaceSession } from '../../kernel/identity/sessions.ts'
import { queueMail } from '../../kernel/mail.ts'
import { readPerson } from '../../kernel/people.ts'
import type { SessionPrincipal } from '../../kernel/principal.ts'
import { common, type Problem } from '../../kernel/problem.ts'
import { mayAddFactor } from './rules.ts'

type Ctx = Omit<Context<never>, 'fail' | 'obligations'>

export const labelPlace = (id: string) => ({ table: 'totp_factor', column: 'label_sealed', row: id })

export interface Confirmed {
  id: string
  kind: 'totp' | 'passkey'
}

/**
 * The confirmed factors of either kind, locked until commit: of two removals at once the second sees what the first left. Always in this
 * order, so that two cannot wait for each other.
 */
export const lockFactors = async ({ tx }: Entered, personId: PersonId): Promise<Confirmed[]> => {
  const apps = await tx
    .selectFrom('totpFactor')
    .select('id')
    .where('personId', '=', personId)
    .where('confirmedAt', 'is not', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  const passkeys = await tx
    .selectFrom('passkey')
    .select('id')
    .where('personId', '=', personId)
    .orderBy('id')
    .forUpdate()
    .execute()
  return [
    ...apps.map(({ id }) => ({ id, kind: 'totp' as const })),
    ...passkeys.map(({ id }) => ({ id, kind: 'passkey' as const })),
  ]
}

export const tell = async (entered: Entered, personId: PersonId, what: string, publicUrl: string): Promise<void> => {
  const { email, name } = await readPerson(entered, personId)
  const text = `Hello ${name},\n\n${what}\n\nIf that was not you, change your password and end your sessions: ${publicUrl}/settings/account\n`
  await queueMail(entered, { to: email, subject: 'Your sign-in was changed', text, personId })
}

/** New codes in place of all old ones; only their hashes are kept. */
export const replaceRecoveryCodes = async ({ tx }: Entered, personId: PersonId, now: Date): Promise<string[]> => {
  const codes = createRecoveryCodes(10)
  await tx.deleteFrom('recoveryCode').where('personId', '=', personId).execute()
  const rows = codes.map((code) => ({
    ...{ id: newId('rc'), personId, usedAt: null, createdAt: now },
    codeHash: hashRecoveryCode(normaliseRecoveryCode(code) ?? code),
  }))
  await tx.insertInto('recoveryCode').values(rows).execute()
  return codes
}

/**
 * What a provider vouches for stays in its organisation, and a first factor would count wherever else the person belongs: a passkey signs in there.
 * Whoever has a factor has shown it before they add another.
 */
const reachesTooFar = async (context: Ctx, { sessionId, personId }: SessionPrincipal, enrolled: boolean): Promise<boolean> =>
  !enrolled && (await isBySignOn(context, sessionId)) && !(await belongsHereOnly(context, personId))

type Refuse = (code: 'step_up_first' | 'sso_session', detail: string) => Problem

/**
 * How the caller adds a factor now, and by which right it takes the place of lost ones; throws where they may not. `lock`: where it is about to be
 * added.
 */
export const requireStandingToAdd = async (context: Ctx, lock: boolean, refuse: Refuse) => {
  const { principal, now } = context
  if (principal.kind !== 'session') throw common('session_required')
  const enrolled = await hasFactor(context, principal.personId)
  const lost = principal.restricted && enrolled
  const recovery = lost ? await recoveryRight(context, principal.personId, now, lock) : null
  if (recovery === null && !mayAddFactor(principal, enrolled, now))
    throw refuse('step_up_first', 'Confirm that it is you, then add the factor.')
  if (await reachesTooFar(context, principal, enrolled))
    throw refuse(
      'sso_session',
      'A first factor counts in your other organisations too. Sign in to one of them, and add it there.',
    )
  return { principal, enrolled, recovery }
}

interface Proved {
  factorId: string
  enrolled: boolean
  /** The right by which it takes the place of what was lost. */
  recovery: RecoveryId | null
  amr: string[]
  what: string
}

/** The lost factors, their codes and every other session go with the proof of the new one, and not before. */
const replaceLost = async (context: Ctx, personId: PersonId, { factorId, recovery }: Proved, keep: SessionId): Promise<void> => {
  if (recovery === null) return
  await useRecoveryRight(context, { id: recovery, personId, factorId, now: context.now })
  await endSessions(context, personId, 'factor_recovered', context.now, keep)
  context.because('in place of lost factors, as two Owners or Admins confirmed')
}

/**
 * What follows the proof of a new factor. The first one brings recovery codes, and from here on every other session of the person must show
 * it too, also where a provider vouched for another one; this one goes on, confirmed, under a new id.
 */
export const finishEnrolment = async (context: Ctx, principal: SessionPrincipal, proved: Proved): Promise<string[]> => {
  const { tx, now, services, orgId } = context
  const { personId } = principal
  const { amr, what } = proved
  const first = !proved.enrolled || proved.recovery !== null
  await replaceLost(context, personId, proved, principal.sessionId)
  const recoveryCodes = first ? await replaceRecoveryCodes(context, personId, now) : []
  if (first) {
    await tx.updateTable('person').set({ mfaEnrolledAt: now, updatedAt: now }).where('id', '=', personId).execute()
    await tx
      .updateTable('session')
      .set({ restricted: true, mfaAt: null })
      .where('personId', '=', personId)
      .where(({ or, eb }) => or([eb('mfaAt', 'is', null), eb('ssoConnectionId', 'is not', null)]))
      .where('revokedAt', 'is', null)
      .execute()
  }
  const change = { restricted: false, mfaAt: now, authTime: now, amr, ...(amr.includes('pop') && { shown: 'passkey' as const }) }
  const sessionId = await replaceSession(context, principal, change, context.origin, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId, sessionId }, 0, now))
  await tell(context, personId, what, services.publicUrl)
  return recoveryCodes
}
