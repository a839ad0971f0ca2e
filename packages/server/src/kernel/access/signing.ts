import type { SshPurpose } from '@holdfast/contract'
import type { z } from 'zod'
import type { OrgTx } from '../tenancy/org-tx.ts'
import './tables.ts'

type Purpose = z.infer<typeof SshPurpose>

/** Which version of an authority signs, by its newest rotation; keys are made by rotations only, so before any it is the first. */
export const signingVersion = async (tx: OrgTx, purpose: Purpose): Promise<number> => {
  const newest = await tx
    .selectFrom('sshRotation')
    .select(['fromVersion', 'toVersion', 'movedAt'])
    .where('purpose', '=', purpose)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!newest) return 1
  return newest.movedAt === null ? newest.fromVersion : (newest.toVersion ?? newest.fromVersion)
}
