import type { AgentId } from '@holdfast/contract'
import { sql } from 'kysely'
import type { OrgTx } from '../tenancy/org-tx.ts'
import './tables.ts'

/**
 * Counts a change that the organisation's hosts must hear of, and tells them when it commits. `leaving`: an agent that is none any more.
 * Holds the counter until commit, so take it last.
 */
export const announceAccess = async (tx: OrgTx, leaving: AgentId | null = null): Promise<number> => {
  const { sequence } = await tx
    .selectNoFrom(sql<string>`announce_access(${leaving}::text)`.as('sequence'))
    .executeTakeFirstOrThrow()
  return Number(sequence)
}

export interface NewestChange {
  /** Every change up to it can be seen by whoever read it; 0 before the first. */
  sequence: number
  at: Date
}

export const newestChange = async (tx: OrgTx): Promise<NewestChange> => {
  const row = await tx.selectFrom('accessSequence').select(['sequence', 'changedAt']).executeTakeFirst()
  return { sequence: Number(row?.sequence ?? 0), at: row?.changedAt ?? new Date(0) }
}
