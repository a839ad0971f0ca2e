import { accessLog as contract } from '@holdfast/contract'
import { z } from 'zod'
import type { Capability } from '../../kernel/capability.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { namesOf } from '../../kernel/people.ts'
import { keeps } from '../../kernel/promise.ts'
import { readIn } from '../../kernel/unit.ts'
import { digestOf, sealReads } from './seal.ts'

const Origin = z.object({ address: z.string() })

const Cursor = z.string().regex(/^al_[0-9a-z]{26}$/)

const list = handle(contract.list, async ({ limit, after, actor, operation, staffGrant }, { tx, vault }) => {
  let query = tx.selectFrom('accessLog').selectAll()
  const cursor = cursorOf(Cursor, after)
  if (cursor !== null) query = query.where('id', '<', cursor)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (operation !== undefined) query = query.where('operation', '=', operation)
  if (staffGrant !== undefined) query = query.where('session', '=', staffGrant)
  const found = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = found.slice(0, limit)
  const names = await namesOf(
    { tx, vault },
    shown.map((row) => row.actor),
  )
  const rows = await Promise.all(
    shown.map(
      async ({
        id,
        at,
        actor: who,
        session,
        operation: what,
        target,
        permission,
        outcome,
        rows: count,
        originSealed,
        batchSeq,
      }) => {
        const byStaff = session?.startsWith('sg_') ?? false
        const place = { table: 'ledger', column: 'origin', row: id }
        const origin = originSealed
          ? await vault
              .openText('org', place, originSealed)
              .then((text) => Origin.parse(JSON.parse(text)))
              .catch(() => null) // its key was destroyed
          : null
        return {
          ...{ id, at: at.toISOString(), operation: what, target, right: permission, outcome },
          rows: byStaff ? null : count,
          actor: { type: byStaff ? 'staff' : who.startsWith('pe_') ? 'person' : 'system', id: who, name: names.get(who) ?? null },
          address: origin?.address ?? null,
          sealedIn: batchSeq === null ? null : Number(batchSeq),
        }
      },
    ),
  )
  return { rows, next: found.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

const Sealed = z.object({ rows: z.number().int(), from: z.string(), to: z.string(), sha256: z.string() })

/** Recomputes the newest sealed batch of the operator's own reads. */
const readsAreLogged = keeps('D9', async ({ services, orgId }) => {
  await services.accessLog.flush()
  const found = await readIn(services.ground, orgId, null, async ({ tx }) => {
    const newest = await tx
      .selectFrom('accessLog')
      .select(({ fn }) => fn.max('batchSeq').as('seq'))
      .executeTakeFirst()
    if (!newest?.seq) return null
    const entry = await tx.selectFrom('ledger').select('body').where('seq', '=', newest.seq).executeTakeFirst()
    const rows = await tx
      .selectFrom('accessLog')
      .selectAll()
      .where('batchSeq', '=', newest.seq)
      .orderBy('id')
      .limit(5_000)
      .execute()
    return { seq: newest.seq, body: entry?.body ?? '{}', rows }
  })
  if (!found) return { kept: false, proof: 'No batch of reads has been sealed yet.' }
  const { reason } = z.object({ reason: z.string() }).parse(JSON.parse(found.body))
  const sealed = Sealed.parse(JSON.parse(reason))
  const kept = sealed.sha256 === digestOf(found.rows) && sealed.rows === found.rows.length
  return {
    kept,
    proof: kept
      ? `Reads are logged with who, what, when, from where and by which right; the newest batch of ${sealed.rows} agrees with its digest in entry ${found.seq}.`
      : `The reads sealed in entry ${found.seq} do not agree with their digest.`,
  }
})

/** Who read what (D9). */
export const accessLog: Capability = { handlers: [list], schedules: [sealReads], promises: [readsAreLogged] }
