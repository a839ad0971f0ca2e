import { breakGlass, BreakGlassId, breakGlassReview, HostId, PersonId } from '@holdfast/contract'
import type { Capability } from '../../kernel/capability.ts'
import { findingPlace, fromPlace } from '../../kernel/access/break-glass.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Entered } from '../../kernel/handle.ts'

const uses = ({ tx }: Pick<Entered, 'tx'>) =>
  tx
    .selectFrom('breakGlassUse as u')
    .innerJoin('host', 'host.id', 'u.hostId')
    .select(['u.id', 'u.hostId', 'host.name as hostName', 'u.at', 'u.reportedAt', 'u.fromSealed', 'u.keyId'])
    .select(['u.reviewedAt', 'u.reviewedBy', 'u.findingSealed'])

type Row = Awaited<ReturnType<ReturnType<typeof uses>['execute']>>[number]

const present = async ({ vault }: Pick<Entered, 'vault'>, row: Row) => ({
  id: BreakGlassId.parse(row.id),
  hostId: HostId.parse(row.hostId),
  hostName: row.hostName,
  at: row.at.toISOString(),
  reportedAt: row.reportedAt.toISOString(),
  from: row.fromSealed && (await vault.openText('org', fromPlace(row.id), row.fromSealed)),
  keyId: row.keyId,
  reviewedAt: row.reviewedAt?.toISOString() ?? null,
  reviewedBy: row.reviewedBy === null ? null : PersonId.parse(row.reviewedBy),
  finding: row.findingSealed && (await vault.openText('org', findingPlace(row.id), row.findingSealed)),
})

const list = handle(breakGlass.list, async ({ limit, after, open }, context) => {
  const cursor = cursorOf(BreakGlassId, after)
  let query = uses(context)
  if (open === true) query = query.where('u.reviewedAt', 'is', null)
  if (cursor !== null) query = query.where('u.id', '<', cursor)
  const rows = await query
    .orderBy('u.id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = await Promise.all(rows.slice(0, limit).map((row) => present(context, row)))
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

const review = handle(breakGlass.review, async ({ id, finding }, context) => {
  const { tx, vault, now, person, fail, obligations } = context
  const found = await tx.selectFrom('breakGlassUse').select('reviewedAt').where('id', '=', id).forUpdate().executeTakeFirst()
  if (!found) throw fail('use_not_found')
  if (found.reviewedAt !== null) throw fail('already_reviewed')
  const findingSealed = await vault.seal('org', findingPlace(id), finding)
  await tx
    .updateTable('breakGlassUse')
    .set({ reviewedAt: now, reviewedBy: person(), findingSealed })
    .where('id', '=', id)
    .execute()
  await obligations.meet(breakGlassReview, { subject: id })
  return present(context, await uses(context).where('u.id', '=', id).executeTakeFirstOrThrow())
})

/** Emergency access (C6): reported by the agents of hosts, reviewed here. */
export const breakGlassUses: Capability = { handlers: [list, review] }
