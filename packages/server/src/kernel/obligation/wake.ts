import { enqueue } from '../enqueue.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'

/** What lies further ahead is left to the reconciler, which looks every minute; so the queue holds little, however much is owed. */
export const horizonMs = 90_000

export const wakeTask = 'obligation.wake'

/** Has the clock looked at this organisation at `at`, to the second; once, however many ask. */
export const wakeAt = async (tx: OrgTx, now: Date, at: Date): Promise<void> => {
  if (at.getTime() > now.getTime() + horizonMs) return
  const second = Math.ceil(at.getTime() / 1000)
  await enqueue(tx, wakeTask, { second }, { runAt: at, key: `${wakeTask}:${second}` })
}
