import { createRecoveryCodes, hashRecoveryCode, normaliseRecoveryCode } from '@holdfast/crypto'
import type { PersonId } from '@holdfast/contract'
import type { Context, Entered } from '../../kernel/handle.ts'
import { newId } from '../../kernel/identifier.ts'
import { cookiesFor, replaceSession } from '../../kernel/identity/sessions.ts'
import { queueMail } from '../../kernel/mail.ts'
import { readPerson } from '../../kernel/people.ts'
import type { SessionPrincipal } from '../../kernel/principal.ts'

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
  const text = `Hello ${name},\n\n${what}\n\nIf that was not you, change your password and end your sessions: ${publicUrl}/account\n`
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
 * What follows the proof of a new factor. The first one brings recovery codes, and from here on every other session of the person must show
 * it too; this one goes on, confirmed, under a new id.
 */
export const finishEnrolment = async (
  context: Ctx,
  principal: SessionPrincipal,
  { first, amr, what }: { first: boolean; amr: string[]; what: string },
): Promise<string[]> => {
  const { tx, now, services, orgId } = context
  const { personId } = principal
  const recoveryCodes = first ? await replaceRecoveryCodes(context, personId, now) : []
  if (first) {
    await tx.updateTable('person').set({ mfaEnrolledAt: now, updatedAt: now }).where('id', '=', personId).execute()
    await tx
      .updateTable('session')
      .set({ restricted: true })
      .where('personId', '=', personId)
      .where('mfaAt', 'is', null)
      .where('revokedAt', 'is', null)
      .execute()
  }
  const change = { restricted: false, mfaAt: now, authTime: now, amr, ...(amr.includes('pop') && { shown: 'passkey' as const }) }
  const sessionId = await replaceSession(context, principal, change, context.origin, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId, sessionId }, 0, now))
  await tell(context, personId, what, services.publicUrl)
  return recoveryCodes
}
