import type { OrgId } from '@holdfast/contract'
import { KeyServerRefused } from '@holdfast/keyserver/client'
import { originOf } from '@holdfast/ledger'
import { sql } from 'kysely'
import type { Services } from '../../kernel/services.ts'
import { openUnit, readIn } from '../../kernel/unit.ts'

/** The signer holds another history than the database: somebody rewrote the chain, or the database was restored to an earlier moment. */
export class HistoryDiffers extends Error {}

const hashBytes = 32
const pageSize = 20_000

/** The entry hashes from `from` on, one after another, and the newest. */
const hashesFrom = async ({ ground }: Services, orgId: OrgId, from: number): Promise<Buffer> => {
  const parts: Buffer[] = []
  for (let next = from; ;) {
    const rows = await readIn(ground, orgId, null, ({ tx }) =>
      tx.selectFrom('ledger').select('hash').where('seq', '>=', String(next)).orderBy('seq').limit(pageSize).execute(),
    )
    parts.push(...rows.map(({ hash }) => hash))
    if (rows.length < pageSize) return Buffer.concat(parts)
    next += rows.length
  }
}

/** What the database says stands at the end of the first `size` entries. */
const headAt = (services: Services, orgId: OrgId, size: number): Promise<string | null> =>
  readIn(services.ground, orgId, null, async ({ tx }) => {
    const row = await tx
      .selectFrom('ledger')
      .select(sql<string>`encode(hash, 'hex')`.as('hash'))
      .where('seq', '=', String(size - 1))
      .executeTakeFirst()
    return row?.hash ?? null
  })

/**
 * Has the key server sign the chain as it stands (L2). The signer keeps its own tree and adds the new entries itself, so a rewritten past
 * cannot be signed. Only what is on disk is signed: the signer never forgets. Returns the new size; null when nothing was new.
 */
export const signCheckpoint = async (services: Services, orgId: OrgId): Promise<number | null> => {
  const { ground } = services
  const origin = originOf(orgId)
  const known = await ground.keyServer.origin(origin)
  if (known.size > 0 && (await headAt(services, orgId, known.size)) !== known.head) throw new HistoryDiffers(origin)
  const leafHashes = await hashesFrom(services, orgId, known.size)
  if (leafHashes.length === 0) return null
  await ground.barrier()
  const head = leafHashes.subarray(-hashBytes).toString('hex')
  const signed = await ground.keyServer.checkpoint({ origin, oldSize: known.size, leafHashes, head }).catch((error: unknown) => {
    if (error instanceof KeyServerRefused && error.code === 'checkpoint_size_mismatch') return null // another node was faster
    throw error
  })
  if (!signed) return null
  const unit = openUnit(ground, orgId, null, true)
  try {
    await unit.tx
      .insertInto('ledgerCheckpoint')
      .values({
        size: String(signed.size),
        root: Buffer.from(signed.root, 'hex'),
        head: Buffer.from(head, 'hex'),
        note: signed.note,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
  await ground.barrier()
  return signed.size
}
