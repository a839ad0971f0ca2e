import { GrantId, type PersonId } from '@holdfast/contract'
import { enqueue } from '../enqueue.ts'
import type { Entered } from '../handle.ts'
import { endGrants } from './ending.ts'
import { announceAccess } from './sequence.ts'
import './tables.ts'

interface Key {
  generation: number
  expiresAt: Date | null
  oldUntil: Date | null
  revokedAt: Date | null
}

/** Until when one of a key's secrets opens anything; null when it opens nothing any more. */
export const secretUntil = ({ generation, expiresAt, oldUntil, revokedAt }: Key, secret: number, now: Date): Date | null => {
  const none = new Date(0)
  const until = secret === generation ? expiresAt : secret === generation - 1 ? oldUntil : none
  const last = [until ?? none, expiresAt ?? none].toSorted((one, other) => one.getTime() - other.getTime())[0] ?? none
  return revokedAt === null && last > now ? last : null
}

/**
 * These keys' secrets open nothing after `latest`, which has come nearer: neither does access that they asked for. What is to begin later ends now. In the
 * caller's transaction, last of all: it holds the counter of changes.
 */
export const grantsEndBy = async (
  entered: Entered,
  keyIds: readonly string[],
  latest: Date,
  { by, now }: { by: PersonId | null; now: Date },
): Promise<void> => {
  const { tx } = entered
  if (keyIds.length === 0) return
  const rows = await tx
    .selectFrom('accessGrant')
    .select(['id', 'startsAt'])
    .where('keyId', 'in', keyIds)
    .where('state', '=', 'approved')
    .where('endsAt', '>', latest)
    .orderBy('id')
    .forUpdate()
    .execute()
  const begun = rows.filter(({ startsAt }) => startsAt !== null && startsAt < latest).map(({ id }) => id)
  for (const { id } of rows.filter((row) => !begun.includes(row.id)))
    await endGrants(entered, { id: GrantId.parse(id) }, { reason: 'account_ended', by, now })
  if (begun.length === 0) return
  await tx.updateTable('accessGrant').set({ endsAt: latest }).where('id', 'in', begun).execute()
  for (const id of begun) await enqueue(tx, 'grant.settle', { id }, { runAt: latest, key: `grant-end:${id}` })
  await announceAccess(tx)
}
