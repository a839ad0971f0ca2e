import { createHash } from 'node:crypto'
import { schedule } from '../../kernel/job.ts'
import { changeAs, openUnit } from '../../kernel/unit.ts'

const batchRows = 5_000

interface LoggedAccess {
  id: string
  at: Date
  actor: string
  session: string | null
  operation: string
  target: string | null
  originSealed: Buffer | null
  permission: string
  outcome: string
  rows: number
}

/** SHA-256 over the rows, a JSON array a line, in the order of their ids (docs/ledger-format.md, "The access log"). */
export const digestOf = (accesses: readonly LoggedAccess[]): string => {
  const hash = createHash('sha256')
  for (const { id, at, actor, session, operation, target, originSealed, permission, outcome, rows } of accesses) {
    const origin = originSealed?.toString('base64') ?? null
    hash.update(
      `${JSON.stringify([id, at.toISOString(), actor, session, operation, target, origin, permission, outcome, rows])}\n`,
    )
  }
  return hash.digest('hex')
}

/**
 * Seals the reads since the last time into the chain: one entry with how many, from which to which, and their digest (D9). A crash between
 * the entry and the mark on the rows has them sealed twice, never not at all.
 */
export const sealReads = schedule('accessLog.seal', '* * * * *', async ({ services, orgId }) => {
  const { ground } = services
  const sealed = await changeAs(ground, 'accessLog.seal', orgId, async ({ tx }) => {
    const rows = await tx
      .selectFrom('accessLog')
      .select(['id', 'at', 'actor', 'session', 'operation', 'target', 'originSealed', 'permission', 'outcome', 'rows'])
      .where('batchSeq', 'is', null)
      .orderBy('id')
      .limit(batchRows)
      .execute()
    const [first, last] = [rows[0], rows.at(-1)]
    if (!first || !last) return null
    const reason = JSON.stringify({ rows: rows.length, from: first.id, to: last.id, sha256: digestOf(rows) })
    return { value: rows.map(({ id }) => id), action: 'access.sealed', targetId: last.id, reason }
  })
  if (!sealed) return
  const unit = openUnit(ground, orgId, null, true)
  try {
    await unit.tx
      .updateTable('accessLog')
      .set({ batchSeq: String(sealed.seq) })
      .where('id', 'in', sealed.value)
      .execute()
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
})
