import type { GrantEndReason, GrantId, PersonId } from '@holdfast/contract'
import type { z } from 'zod'
import { enqueue } from '../enqueue.ts'
import type { Entered } from '../handle.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'
import { announceAccess } from './sequence.ts'

type Reason = z.infer<typeof GrantEndReason>

type Kind = 'host' | 'database'

/**
 * Which grants and requests: of a host, of a database, of a policy, of a person (all, or of one kind), of a service account, of the service accounts that
 * a person answers for, of a key (all, or those that earlier secrets of it asked for), or by id.
 */
export type Which =
  | { id: GrantId }
  | { ids: readonly string[] }
  | { hostId: string }
  | { databaseId: string }
  | { policyId: string }
  | { personId: string; kind?: Kind }
  | { serviceAccountId: string }
  | { answeredBy: string; kind?: Kind }
  | { keyId: string; beforeGeneration?: number }

export interface Ending {
  reason: Exclude<Reason, 'expired'>
  by: PersonId | null
  now: Date
  /** Why, in words; sealed. */
  why?: string
}

export const decisionPlace = (row: string) => ({ table: 'access_grant', column: 'decision_sealed', row })

const open = (tx: OrgTx) =>
  tx.selectFrom('accessGrant').select(['id', 'state', 'endsAt', 'databaseId']).where('state', 'in', ['requested', 'approved'])

const narrowed = (tx: OrgTx, which: Which) => {
  const query = open(tx)
  if ('id' in which) return query.where('id', '=', which.id)
  if ('ids' in which) return query.where('id', 'in', which.ids)
  if ('hostId' in which) return query.where('hostId', '=', which.hostId)
  if ('databaseId' in which) return query.where('databaseId', '=', which.databaseId)
  if ('serviceAccountId' in which) return query.where('serviceAccountId', '=', which.serviceAccountId)
  if ('policyId' in which) return query.where('policyId', '=', which.policyId)
  if ('keyId' in which) {
    const { keyId, beforeGeneration } = which
    const ofKey = query.where('keyId', '=', keyId)
    return beforeGeneration === undefined ? ofKey : ofKey.where('keyGeneration', '<', beforeGeneration)
  }
  const theirs =
    'personId' in which
      ? query.where('personId', '=', which.personId)
      : query.where('serviceAccountId', 'in', ({ selectFrom }) =>
          selectFrom('serviceAccount').select('id').where('ownerId', '=', which.answeredBy),
        )
  return which.kind ? theirs.where(which.kind === 'host' ? 'hostId' : 'databaseId', 'is not', null) : theirs
}

const ids = async ({ tx }: Entered, which: Which, now: Date) => {
  const rows = await narrowed(tx, which).orderBy('id').forUpdate().execute()
  return {
    requested: rows.filter(({ state }) => state === 'requested').map(({ id }) => id),
    // What has run out already ended by itself, whoever notes it.
    running: rows.filter(({ state, endsAt }) => state === 'approved' && endsAt !== null && endsAt > now).map(({ id }) => id),
    inDatabases: rows.filter(({ state, databaseId }) => state === 'approved' && databaseId !== null).map(({ id }) => id),
  }
}

/**
 * Ends running grants, and cancels open requests, in the caller's transaction; hosts hear of it as soon as that commits. Returns how many of
 * each. Grants are locked in the order of their ids, the counter of changes last.
 */
export const endGrants = async (
  entered: Entered,
  which: Which,
  { reason, by, now, why }: Ending,
): Promise<{ revoked: number; cancelled: number }> => {
  const { tx, vault } = entered
  const { requested, running, inDatabases } = await ids(entered, which, now)
  if (requested.length > 0)
    await tx
      .updateTable('accessGrant')
      .set({ state: 'cancelled', endedAt: now, endedBy: by })
      .where('id', 'in', requested)
      .execute()
  if (running.length === 0) return { revoked: 0, cancelled: requested.length }
  for (const id of inDatabases) await enqueue(tx, 'grant.database-roles', { id })
  const endSequence = String(await announceAccess(tx))
  const ended = { state: 'ended', endReason: reason, endedAt: now, endedBy: by, endSequence } as const
  if (why === undefined) await tx.updateTable('accessGrant').set(ended).where('id', 'in', running).execute()
  else
    // One update a grant, not two: at the second PostgreSQL would look up the host again, and wait for whoever has its row.
    for (const id of running) {
      const decisionSealed = await vault.seal('org', decisionPlace(id), why)
      await tx
        .updateTable('accessGrant')
        .set({ ...ended, decisionSealed })
        .where('id', '=', id)
        .execute()
    }
  return { revoked: running.length, cancelled: requested.length }
}
