import { sql } from 'kysely'
import type { OrgTx } from './tenancy/org-tx.ts'

export interface EnqueueOptions {
  runAt?: Date
  /** A second job of the same organisation with this key replaces the first. */
  key?: string
  maxAttempts?: number
}

/** Adds a job to the queue in the operation's own transaction; it runs only if that commits. Ids only in the payload. */
export const enqueue = async (
  tx: OrgTx,
  task: string,
  payload: Record<string, string | number>,
  options: EnqueueOptions = {},
): Promise<void> => {
  const { runAt = null, key = null, maxAttempts = 10 } = options
  await tx
    .selectNoFrom(
      sql`jobs.enqueue(${task}, ${JSON.stringify(payload)}::jsonb, ${runAt}::timestamptz, ${key}::text, ${maxAttempts}::int)`.as(
        'done',
      ),
    )
    .execute()
}
