import { createTotpSecret, matchTotp, toBase32, totpUri } from '@holdfast/crypto'
import { factor, FactorId, recoveryEnrolment } from '@holdfast/contract'
import { renderSVG } from 'uqr'
import { handle, type Context } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { secretPlace } from '../../kernel/identity/factors.ts'
import { after, minutes } from '../../kernel/identity/lifetimes.ts'
import { readPerson } from '../../kernel/people.ts'
import { finishEnrolment, labelPlace, lockFactors, requireStandingToAdd } from './enrolment.ts'
import { appsAtMost, enrolmentMinutes } from './rules.ts'

export const enrolTotp = handle(factor.enrolTotp, async ({ label }, context) => {
  const { tx, vault, now, fail } = context
  const personId = context.person()
  await requireStandingToAdd(context, false, fail)
  const apps = (await lockFactors(context, personId)).filter(({ kind }) => kind === 'totp')
  if (apps.length >= appsAtMost) throw fail('too_many_factors')
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

export const confirmTotp = handle(factor.confirmTotp, async ({ id, code }, context) => {
  const { obligations, fail } = context
  const { principal, enrolled, recovery } = await requireStandingToAdd(context, true, fail)
  await confirmEnrolment(context, id, code)
  if (recovery === null) obligations.unneeded(recoveryEnrolment)
  else await obligations.meet(recoveryEnrolment, { subject: recovery })
  const how = {
    factorId: id,
    enrolled,
    recovery,
    amr: ['pwd', 'otp', 'mfa'],
    what: 'An authenticator app was added to your account.',
  }
  return { id, recoveryCodes: await finishEnrolment(context, principal, how) }
})
