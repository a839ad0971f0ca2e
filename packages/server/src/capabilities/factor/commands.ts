import { factor, FactorId } from '@holdfast/contract'
import { handle, type Entered } from '../../kernel/handle.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'
import { passkeyPlace } from '../../kernel/identity/passkeys.ts'
import { labelPlace, lockFactors, replaceRecoveryCodes, tell } from './enrolment.ts'

const tables = { totp: 'totpFactor', passkey: 'passkey' } as const

export const rename = handle(factor.rename, async ({ id, label }, context) => {
  const { tx, vault, fail } = context
  const personId = context.person()
  const found = (await lockFactors(context, personId)).find((each) => each.id === id)
  if (!found) throw fail('factor_not_found')
  const place = found.kind === 'totp' ? labelPlace(id) : passkeyPlace('label_sealed', id)
  const labelSealed = await vault.seal({ person: personId }, place, label)
  await tx.updateTable(tables[found.kind]).set({ labelSealed }).where('personId', '=', personId).where('id', '=', id).execute()
  return { id: FactorId.parse(id) }
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
  const found = confirmed.find((each) => each.id === id)
  if (!found) throw fail('factor_not_found')
  const isLast = confirmed.length === 1
  if (isLast && (await lastOneStays(context)))
    throw fail('last_factor', 'Your role needs a second factor. Add another one first.')
  await tx.deleteFrom(tables[found.kind]).where('personId', '=', personId).where('id', '=', id).execute()
  if (isLast) {
    await tx.deleteFrom('recoveryCode').where('personId', '=', personId).execute()
    await tx.updateTable('person').set({ mfaEnrolledAt: null, updatedAt: now }).where('id', '=', personId).execute()
    // What a factor confirmed that is gone counts for nothing: a promotion a minute later must ask for a new one (C2).
    await tx.updateTable('session').set({ mfaAt: null }).where('personId', '=', personId).where('revokedAt', 'is', null).execute()
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
