import {
  createRecoveryCodes,
  createTotpSecret,
  hashRecoveryCode,
  matchTotp,
  normaliseRecoveryCode,
  toBase32,
  totpUri,
} from '@holdfast/crypto'
import { factor, FactorId, type PersonId } from '@holdfast/contract'
import { renderSVG } from 'uqr'
import { handle, type Context, type Entered } from '../../kernel/handle.ts'
import { newId, newIdOf } from '../../kernel/identifier.ts'
import { hasFactor, secretPlace } from '../../kernel/identity/factors.ts'
import { after, minutes } from '../../kernel/identity/lifetimes.ts'
import { readPerson } from '../../kernel/people.ts'
import { cookiesFor, replaceSession } from '../../kernel/identity/sessions.ts'
import { queueMail } from '../../kernel/mail.ts'
import { common } from '../../kernel/problem.ts'
import { enrolmentMinutes, factorsAtMost, mayAddFactor } from './rules.ts'

export const labelPlace = (id: string) => ({ table: 'totp_factor', column: 'label_sealed', row: id })

/** The confirmed factors, locked until commit: of two removals at once the second sees what the first left. */
const lockFactors = ({ tx }: Entered, personId: PersonId) =>
  tx
    .selectFrom('totpFactor')
    .select('id')
    .where('personId', '=', personId)
    .where('confirmedAt', 'is not', null)
    .orderBy('id')
    .forUpdate()
    .execute()

const tell = async (entered: Entered, personId: PersonId, what: string, publicUrl: string): Promise<void> => {
  const { email, name } = await readPerson(entered, personId)
  const text = `Hello ${name},\n\n${what}\n\nIf that was not you, change your password and end your sessions: ${publicUrl}/account\n`
  await queueMail(entered, { to: email, subject: 'Your sign-in was changed', text, personId })
}

export const enrolTotp = handle(factor.enrolTotp, async ({ label }, context) => {
  const { tx, vault, now, fail } = context
  const personId = context.person()
  if (!mayAddFactor(context.principal, await hasFactor(context, personId), now)) {
    throw fail('step_up_first', 'Confirm that it is you, then add the factor.')
  }
  if ((await lockFactors(context, personId)).length >= factorsAtMost) throw fail('too_many_factors')
  await tx.deleteFrom('totpFactor').where('personId', '=', personId).where('confirmedAt', 'is', null).execute()
  const id = newIdOf(FactorId, 'fa')
  const secret = createTotpSecret()
  const { email } = await readPerson(context, personId)
  const uri = totpUri({ issuer: 'Holdfast', account: email, secret })
  const values = {
    ...{ id, personId, confirmedAt: null, createdAt: now },
    secretSealed: await vault.seal({ person: personId }, secretPlace(id), secret),
    labelSealed: await vault.seal({ person: personId }, labelPlace(id), label),
  }
  await tx.insertInto('totpFactor').values(values).execute()
  return { id, secret: toBase32(secret), uri, qrSvg: renderSVG(uri, { ecc: 'M', border: 2 }) }
})

/** New codes in place of all old ones; only their hashes are kept. */
const replaceRecoveryCodes = async ({ tx }: Entered, personId: PersonId, now: Date): Promise<string[]> => {
  const codes = createRecoveryCodes(10)
  await tx.deleteFrom('recoveryCode').where('personId', '=', personId).execute()
  const rows = codes.map((code) => ({
    ...{ id: newId('rc'), personId, usedAt: null, createdAt: now },
    codeHash: hashRecoveryCode(normaliseRecoveryCode(code) ?? code),
  }))
  await tx.insertInto('recoveryCode').values(rows).execute()
  return codes
}

const confirmEnrolment = async (context: Context<typeof factor.confirmTotp>, id: string, code: string): Promise<void> => {
  const { tx, vault, now, fail, services, origin } = context
  const personId = context.person()
  const pending = await tx
    .selectFrom('totpFactor')
    .select('secretSealed')
    .where('personId', '=', personId)
    .where('id', '=', id)
    .where('confirmedAt', 'is', null)
    .where('createdAt', '>', after(now, -minutes(enrolmentMinutes)))
    .forUpdate()
    .executeTakeFirst()
  if (!pending) throw fail('factor_not_found', 'The enrolment was finished or has expired. Begin again.')
  const right = await services.guesses.begin('factor', personId, origin.address)
  const step = matchTotp(
    await vault.open({ person: personId }, secretPlace(id), pending.secretSealed),
    code.replaceAll(/\s/g, ''),
    now.getTime(),
  )
  if (step === null) throw fail('code_refused', 'The code does not fit. Check the time of your device.')
  await tx
    .updateTable('totpFactor')
    .set({ confirmedAt: now, lastStep: String(step) })
    .where('personId', '=', personId)
    .where('id', '=', id)
    .execute()
  context.afterCommit(right)
}

/** From here on every other session of the person must show the factor too. */
export const confirmTotp = handle(factor.confirmTotp, async ({ id, code }, context) => {
  const { tx, now, principal, services } = context
  const personId = context.person()
  const enrolled = await hasFactor(context, personId)
  if (principal.kind !== 'session' || !mayAddFactor(principal, enrolled, now)) throw common('step_up_required')
  await confirmEnrolment(context, id, code)
  const recoveryCodes = enrolled ? [] : await replaceRecoveryCodes(context, personId, now)
  if (!enrolled) {
    await tx.updateTable('person').set({ mfaEnrolledAt: now, updatedAt: now }).where('id', '=', personId).execute()
    await tx
      .updateTable('session')
      .set({ restricted: true })
      .where('personId', '=', personId)
      .where('mfaAt', 'is', null)
      .where('revokedAt', 'is', null)
      .execute()
  }
  const change = { restricted: false, mfaAt: now, authTime: now, amr: ['pwd', 'otp', 'mfa'] }
  const sessionId = await replaceSession(context, principal, change, context.origin, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId: context.orgId, sessionId }, 0, now))
  await tell(context, personId, 'An authenticator app was added to your account.', services.publicUrl)
  return { id, recoveryCodes }
})

const lastOneStays = async ({ tx }: Entered): Promise<boolean> => {
  const { required } = await tx
    .selectNoFrom(({ fn }) => fn<boolean>('gate_own_mfa_required', []).as('required'))
    .executeTakeFirstOrThrow()
  return required
}

export const remove = handle(factor.remove, async ({ id }, context) => {
  const { tx, fail, now, services } = context
  const personId = context.person()
  const confirmed = await lockFactors(context, personId)
  if (!confirmed.some((each) => each.id === id)) throw fail('factor_not_found')
  const isLast = confirmed.length === 1
  if (isLast && (await lastOneStays(context)))
    throw fail('last_factor', 'Your role needs a second factor. Add another one first.')
  await tx.deleteFrom('totpFactor').where('personId', '=', personId).where('id', '=', id).execute()
  if (isLast) {
    await tx.deleteFrom('recoveryCode').where('personId', '=', personId).execute()
    await tx.updateTable('person').set({ mfaEnrolledAt: null, updatedAt: now }).where('id', '=', personId).execute()
  }
  await tell(context, personId, 'A second factor was removed from your account.', services.publicUrl)
  return { id }
})

export const renewRecoveryCodes = handle(factor.renewRecoveryCodes, async (_, context) => {
  const personId = context.person()
  if (!(await hasFactor(context, personId))) throw context.fail('no_factor')
  await lockFactors(context, personId)
  const recoveryCodes = await replaceRecoveryCodes(context, personId, context.now)
  await tell(context, personId, 'Your recovery codes were replaced; the old ones no longer work.', context.services.publicUrl)
  return { personId, recoveryCodes }
})
