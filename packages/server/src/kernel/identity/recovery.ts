import { RecoveryId, type PersonId } from '@holdfast/contract'
import { sql, type Generated } from 'kysely'
import type { Entered } from '../handle.ts'

export type RecoveryState = 'asked' | 'confirmed' | 'used' | 'stopped' | 'refused' | 'lapsed'
interface FactorRecoveryTable {
  id: string
  personId: string
  askedBy: string
  reasonSealed: Buffer
  tokenHash: Buffer
  tokenSealed: Buffer
  state: Generated<RecoveryState>
  askedAt: Date
  readyAt: Date | null
  readyUntil: Date | null
  endedAt: Date | null
  endedBy: string | null
}
interface FactorRecoveryConfirmationTable {
  recoveryId: string
  subjectId: string
  personId: string
  role: string
  at: Date
}
declare module '../tenancy/schema.ts' {
  interface Database {
    factorRecovery: FactorRecoveryTable
    factorRecoveryConfirmation: FactorRecoveryConfirmationTable
  }
}

/** Whoever works in several organisations must not be taken over by the managers of one (docs/adr/0018-recovery-by-two.md). */
export const belongsHereOnly = async ({ tx }: Pick<Entered, 'tx'>, personId: PersonId): Promise<boolean> => {
  const { here } = await tx.selectNoFrom(sql<boolean>`belongs_here_only(${personId})`.as('here')).executeTakeFirstOrThrow()
  return here
}

/**
 * The right to enrol one new factor in place of what was lost; null: there is none now. With `lock` it is held until commit, so that it is used once. It is no
 * session without a second factor: nothing but the enrolment opens, and the lost ones go only with it.
 */
export const recoveryRight = async (
  entered: Entered,
  personId: PersonId,
  now: Date,
  lock: boolean,
): Promise<RecoveryId | null> => {
  const row = await entered.tx
    .selectFrom('factorRecovery')
    .select('id')
    .where('personId', '=', personId)
    .where('state', '=', 'confirmed')
    .where('readyAt', '<=', now)
    .where('readyUntil', '>', now)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst()
  return row && (await belongsHereOnly(entered, personId)) ? RecoveryId.parse(row.id) : null
}

/** Uses the right up: what was lost goes, but for the factor just proved. */
export const useRecoveryRight = async (
  { tx }: Entered,
  { id, personId, factorId, now }: { id: RecoveryId; personId: PersonId; factorId: string; now: Date },
): Promise<void> => {
  const used = { state: 'used' as const, endedAt: now, endedBy: personId }
  await tx.updateTable('factorRecovery').set(used).where('id', '=', id).where('state', '=', 'confirmed').execute()
  await tx.deleteFrom('totpFactor').where('personId', '=', personId).where('id', '!=', factorId).execute()
  await tx.deleteFrom('passkey').where('personId', '=', personId).where('id', '!=', factorId).execute()
}
