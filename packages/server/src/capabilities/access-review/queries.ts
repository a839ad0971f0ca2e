import { accessReview, AccessReviewId, AccessReviewItemId, proposals } from '@holdfast/contract'
import { sql } from 'kysely'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { common } from '../../kernel/problem.ts'
import { dueAtOf, itemColumns, presentItems, readReviews, standingOf } from './rows.ts'
import { accessNow } from './sources.ts'

export const list = handle(accessReview.list, async ({ limit, after }, { tx }) => {
  const rows = await readReviews(tx, { past: cursorOf(AccessReviewId, after), limit: limit + 1 })
  const page = rows.slice(0, limit)
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null
  return { rows: page, next, dueAt: (await dueAtOf(tx))?.toISOString() ?? null }
})

export const read = handle(accessReview.read, async ({ id }, { tx, fail }) => {
  const [review] = await readReviews(tx, { id, limit: 1 })
  if (!review) throw fail('review_not_found')
  return review
})

/** Strongest proposal first. */
const rank = sql<number>`array_position(${sql.lit(`{${proposals.toReversed().join(',')}}`)}::text[], access_review_item.proposal)`

const placeOf = (after: string | undefined): { rank: number; id: string } | null => {
  if (after === undefined) return null
  const [, first = '', id = ''] = /^([1-4])\.(.*)$/.exec(after) ?? []
  const parsed = AccessReviewItemId.safeParse(id)
  if (!parsed.success) throw common('invalid_input', { errors: [{ path: 'after', message: 'not a cursor of this list' }] })
  return { rank: Number(first), id: parsed.data }
}

export const items = handle(accessReview.items, async (input, { tx, vault, now, fail }) => {
  const { id, limit, after, kind, proposal, personId, show } = input
  const review = await tx.selectFrom('accessReview').select('state').where('id', '=', id).executeTakeFirst()
  if (!review) throw fail('review_not_found')
  const place = placeOf(after)
  let query = tx.selectFrom('accessReviewItem').select(itemColumns).select(rank.as('rank')).where('reviewId', '=', id)
  if (kind) query = query.where('kind', '=', kind)
  if (proposal) query = query.where('proposal', '=', proposal)
  if (personId) query = query.where('personId', '=', personId)
  if (show !== 'all') query = query.where('decision', show === 'open' ? 'is' : 'is not', null)
  if (place) query = query.where(sql<boolean>`(${rank}, access_review_item.id) > (${place.rank}, ${place.id})`)
  const rows = await query
    .orderBy('rank')
    .orderBy('id')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  const standing = page.filter(({ decision }) => review.state !== 'completed' && (decision === null || decision === 'keep'))
  const live = await accessNow(tx, standing, now, false)
  return {
    rows: await presentItems(vault, page, (row) => (standing.includes(row) ? standingOf(row, live) : 'same')),
    next: last ? `${last.rank}.${last.id}` : null,
  }
})
