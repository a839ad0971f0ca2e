import type { SshPurpose } from '@holdfast/contract'
import type { z } from 'zod'
import { enqueue } from '../enqueue.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'
import './tables.ts'

export const advanceTask = 'sshAuthority.advance'

/** A host is one step further: has somebody look whether a rotation that waits for hosts can go on. */
export const advanceRotation = async (tx: OrgTx, purpose: z.infer<typeof SshPurpose> | 'any', now: Date): Promise<void> => {
  const running = await tx.selectFrom('sshRotation').select(['id', 'purpose']).where('retiredAt', 'is', null).limit(3).execute()
  for (const { id, purpose: its } of running)
    if (purpose === 'any' || purpose === its)
      // One job for all who come within a second: a thousand hosts acknowledge at once.
      await enqueue(tx, advanceTask, { id }, { key: `${advanceTask} now ${id}`, runAt: new Date(now.getTime() + 1000) })
}
