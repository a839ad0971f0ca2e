import { accessReview, AccessReviewId, reviewedKinds } from '@holdfast/contract'
import { z } from 'zod'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { job } from '../../kernel/job.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { changeAs, type Unit } from '../../kernel/unit.ts'
import { dueAtOf, itemsFrom, shown } from './rows.ts'
import type { Access } from './rules.ts'
import { accessOf } from './sources.ts'

/** Items of one transaction, and so changes of one entry. */
const atOnce = 500

export const gatherLater = (tx: OrgTx, id: string): Promise<void> =>
  enqueue(tx, 'accessReview.gather', { id }, { key: `gather:${id}` })

/** The list is gathered after the answer, in parts: an organisation may have many thousand members. */
export const begin = handle(accessReview.begin, async (_, { tx, person, now, fail }) => {
  const id = newIdOf(AccessReviewId, 'ar')
  const begun = await tx
    .insertInto('accessReview')
    .values({ id, begunBy: person(), begunAt: now, dueAt: await dueAtOf(tx) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!begun) throw fail('review_open', 'Complete the review that is open before you begin another.')
  await gatherLater(tx, id)
  return shown(tx, id)
})

/** What comes after the place where the last part ended, and the place where this one does. */
const nextPart = async (tx: OrgTx, from: { kind: number; after: string }, now: Date) => {
  const found: Access[] = []
  let { kind, after } = from
  for (let name = reviewedKinds[kind]; name !== undefined && found.length < atOnce; name = reviewedKinds[kind]) {
    const limit = atOnce - found.length
    const page = await accessOf(name, tx, { after, limit }, now)
    found.push(...page)
    ;[kind, after] = page.length < limit ? [kind + 1, ''] : [kind, page.at(-1)?.ref ?? '']
  }
  return { found, kind, after, last: kind >= reviewedKinds.length }
}

const gatherPart = async (unit: Unit, id: string, now: Date) => {
  const { tx } = unit
  const review = await tx
    .selectFrom('accessReview')
    .select(['gatherKind', 'gatherAfter'])
    .where('id', '=', id)
    .where('state', '=', 'gathering')
    .forUpdate()
    .executeTakeFirst()
  if (!review) return null
  const part = await nextPart(tx, { kind: review.gatherKind, after: review.gatherAfter }, now)
  const items = await itemsFrom(unit, id, part.found, now)
  const undecided = { decision: null, newRole: null, reason: null, decidedBy: null, decidedAt: null }
  if (items.length > 0)
    await tx
      .insertInto('accessReviewItem')
      .values(items.map((item) => ({ ...item, ...undecided })))
      .execute()
  const ended = part.last ? { state: 'open' as const, gatheredAt: now } : {}
  const place = { gatherKind: part.kind, gatherAfter: part.after }
  await tx
    .updateTable('accessReview')
    .set({ ...place, ...ended })
    .where('id', '=', id)
    .execute()
  return { value: part.last, action: 'access_review.gathered' as const, targetId: id, reason: `${items.length} items` }
}

/** Part after part, each with an entry of its own; one that breaks off goes on where it was. */
export const gather = job('accessReview.gather', z.object({ id: z.string() }), async ({ id }, { services, orgId }) => {
  let more = true
  while (more) {
    const part = await changeAs(services.ground, 'accessReview.gather', orgId, (unit) =>
      gatherPart(unit, id, services.clock.now()),
    )
    more = part !== null && !part.value
  }
})
