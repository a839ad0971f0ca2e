import { hashRecoveryCode, matchTotp, normaliseRecoveryCode } from '@holdfast/crypto'
import type { PersonId } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import './tables.ts'

export const secretPlace = (factorId: string) => ({ table: 'totp_factor', column: 'secret_sealed', row: factorId })

/**
 * Uses up a TOTP code: each time step works once for a factor, even twice at the same moment, since the second update finds the step
 * taken (RFC 6238 §5.2).
 */
const useTotp = async ({ tx, vault }: Entered, personId: PersonId, code: string, now: Date): Promise<boolean> => {
  const factors = await tx
    .selectFrom('totpFactor')
    .select(['id', 'secretSealed'])
    .where('personId', '=', personId)
    .where('confirmedAt', 'is not', null)
    .limit(20)
    .execute()
  for (const { id, secretSealed } of factors) {
    const secret = await vault.open({ person: personId }, secretPlace(id), secretSealed)
    const step = matchTotp(secret, code, now.getTime())
    secret.fill(0)
    if (step === null) continue
    const used = await tx
      .updateTable('totpFactor')
      .set({ lastStep: String(step) })
      .where('personId', '=', personId)
      .where('id', '=', id)
      .where('lastStep', '<', String(step))
      .returning('id')
      .executeTakeFirst()
    if (used) return true
  }
  return false
}

const useRecoveryCode = async ({ tx }: Entered, personId: PersonId, typed: string, now: Date): Promise<boolean> => {
  const code = normaliseRecoveryCode(typed)
  if (code === null) return false
  const used = await tx
    .updateTable('recoveryCode')
    .set({ usedAt: now })
    .where('personId', '=', personId)
    .where('codeHash', '=', hashRecoveryCode(code))
    .where('usedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}

/** Uses up a code of the person's second factor; says which kind it was (RFC 8176), or null when it is none. */
export const useFactorCode = async (
  entered: Entered,
  personId: PersonId,
  code: string,
  now: Date,
): Promise<'otp' | 'recovery' | null> => {
  const typed = code.replaceAll(/\s/g, '')
  if (/^\d{6}$/.test(typed)) return (await useTotp(entered, personId, typed, now)) ? 'otp' : null
  return (await useRecoveryCode(entered, personId, code, now)) ? 'recovery' : null
}

export const hasFactor = async ({ tx }: Entered, personId: PersonId): Promise<boolean> => {
  const row = await tx.selectFrom('person').select('mfaEnrolledAt').where('id', '=', personId).executeTakeFirstOrThrow()
  return row.mfaEnrolledAt !== null
}

/** Those of these people who have one. */
export const peopleWithFactor = async ({ tx }: Entered, people: readonly PersonId[]): Promise<Set<PersonId>> => {
  const rows = await tx
    .selectFrom('person')
    .select('id')
    .where('id', 'in', people)
    .where('mfaEnrolledAt', 'is not', null)
    .execute()
  return new Set(rows.map(({ id }) => id as PersonId))
}

export const recoveryCodesLeft = async ({ tx }: Entered, personId: PersonId): Promise<number> => {
  const { count } = await tx
    .selectFrom('recoveryCode')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('personId', '=', personId)
    .where('usedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
