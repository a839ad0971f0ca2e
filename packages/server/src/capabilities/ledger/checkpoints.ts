import { originOf } from '@holdfast/ledger'
import type { OrgId } from '@holdfast/contract'
import { KeyServerUnavailable } from '@holdfast/keyserver/client'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Vault } from '../../kernel/vault.ts'

interface CheckpointRow {
  size: string
  root: Buffer
  note: string
  createdAt: Date
}

export const latestCheckpoint = (tx: OrgTx, upTo?: number): Promise<CheckpointRow | undefined> => {
  let query = tx.selectFrom('ledgerCheckpoint').select(['size', 'root', 'note', 'createdAt'])
  if (upTo !== undefined) query = query.where('size', '<=', String(upTo))
  return query.orderBy('size', 'desc').limit(1).executeTakeFirst()
}

/** The keys by which this organisation's checkpoints verify. The signer keeps them, so that our database cannot lie about them. */
export const verifierKeys = async ({ ground }: Services, orgId: OrgId): Promise<string[]> => {
  try {
    return (await ground.keyServer.origin(originOf(orgId))).vkeys
  } catch (error) {
    if (error instanceof KeyServerUnavailable) return [] // the page says that no key is known right now
    throw error
  }
}

const targetOf = (vault: Vault, id: string, sealed: Buffer): Promise<string> =>
  vault.openText('org', { table: 'witness', column: 'target_sealed', row: id }, sealed)

/** Checkpoints with where each was sent; two queries however many there are. */
export const presentCheckpoints = async ({ tx, vault }: { tx: OrgTx; vault: Vault }, rows: readonly CheckpointRow[]) => {
  if (rows.length === 0) return []
  const deliveries = await tx
    .selectFrom('checkpointDelivery')
    .leftJoin('witness', 'witness.id', 'checkpointDelivery.witness')
    .select(['size', 'witness', 'deliveredAt', 'failure', 'kind', 'targetSealed'])
    .where(
      'size',
      'in',
      rows.map(({ size }) => size),
    )
    .limit(2000)
    .execute()
  const presented = await Promise.all(
    deliveries.map(async ({ size, witness, kind, targetSealed, deliveredAt, failure }) => ({
      size,
      kind: witness === 'file' ? 'file' : (kind ?? 'removed'),
      target: witness === 'file' ? 'operator’s disk' : targetSealed ? await targetOf(vault, witness, targetSealed) : '',
      deliveredAt: deliveredAt?.toISOString() ?? null,
      failure,
    })),
  )
  const bySize = Map.groupBy(presented, ({ size }) => size)
  return rows.map(({ size, root, note, createdAt }) => ({
    size: Number(size),
    root: root.toString('hex'),
    at: createdAt.toISOString(),
    note,
    witnesses: (bySize.get(size) ?? []).slice(0, 20).map(({ size: _, ...delivery }) => delivery),
  }))
}
