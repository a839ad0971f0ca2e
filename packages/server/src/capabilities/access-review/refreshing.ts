import { accessReview, accessReviewDue } from '@holdfast/contract'
import { handle, type Context, type Entered } from '../../kernel/handle.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { mailboxOf, peopleOf, readPerson } from '../../kernel/people.ts'
import { itemColumns, openReview, ownAmong, shown, standingOf, type ItemRow } from './rows.ts'
import { propose, versionOf, type Access } from './rules.ts'
import { accessNow, keyOf } from './sources.ts'

/** Items looked at anew at once. */
const atOnce = 200
const openLimit = 100

type Which = { id: string } & ({ items: readonly string[] } | { holders: readonly string[] })

const undecided = (tx: OrgTx, which: Which, limit: number): Promise<ItemRow[]> => {
  let query = tx.selectFrom('accessReviewItem').select(itemColumns).where('reviewId', '=', which.id).where('decision', 'is', null)
  query = 'items' in which ? query.where('id', 'in', [...which.items]) : query.where('personId', 'in', [...which.holders])
  return query.orderBy('id').limit(limit).forUpdate().execute()
}

const markGone = async (tx: OrgTx, gone: readonly ItemRow[], now: Date): Promise<void> => {
  if (gone.length === 0) return
  await tx
    .updateTable('accessReviewItem')
    .set({ decision: 'gone', decidedAt: now })
    .where('reviewId', '=', gone[0]?.reviewId ?? '')
    .where(
      'id',
      'in',
      gone.map(({ id }) => id),
    )
    .execute()
}

const askAnew = (tx: OrgTx, { reviewId, id }: ItemRow, access: Access, now: Date) => {
  const { label, detail, role, lastUsedAt, expiresAt } = access
  return tx
    .updateTable('accessReviewItem')
    .set({ label, detail, role, lastUsedAt, expiresAt, version: versionOf(access), ...propose(access, now) })
    .where('reviewId', '=', reviewId)
    .where('id', '=', id)
    .execute()
}

/** Notes what has ended of the undecided ones, and writes anew what has changed. Whose holder is another one now is another access: it counts as ended. */
export const settle = async ({ tx }: Pick<Entered, 'tx'>, which: Which, now: Date) => {
  const rows = await undecided(tx, which, atOnce)
  const live = await accessNow(tx, rows, now, false)
  const gone = rows.filter((row) => {
    const access = live.get(keyOf(row))
    return !access || access.personId !== row.personId
  })
  const changed = rows.filter((row) => !gone.includes(row) && standingOf(row, live) === 'changed')
  await markGone(tx, gone, now)
  for (const row of changed) {
    const access = live.get(keyOf(row))
    if (access) await askAnew(tx, row, access, now)
  }
  return { changed: changed.length, gone: gone.length }
}

export const refresh = handle(accessReview.refresh, async ({ id, items }, context) => {
  await openReview(context.tx, id, context.fail)
  return { id, ...(await settle(context, { id, items }, context.now)) }
})

/** Managers looked at to find one who is somebody else. */
const managersRead = 100

/** Whether nobody but this person could decide: no manager has another mailbox. */
const decidesAlone = async (context: Pick<Context, 'tx' | 'vault' | 'person'>): Promise<boolean> => {
  const managers = context.tx.selectFrom('membership').select('personId').where('role', 'in', ['owner', 'admin'])
  const rows = await managers.where('personId', '<>', context.person()).limit(managersRead).execute()
  const others = await peopleOf(
    context,
    rows.map(({ personId }) => personId),
  )
  const { email } = await readPerson(context, context.person())
  return [...others.values()].every((other) => mailboxOf(other.email) === mailboxOf(email))
}

export const complete = handle(accessReview.complete, async ({ id, comment }, context) => {
  const { tx, orgId, person, now, obligations, fail, because } = context
  await openReview(tx, id, fail)
  const query = tx.selectFrom('accessReviewItem').select(itemColumns).where('reviewId', '=', id).where('decision', 'is', null)
  const rows = await query
    .orderBy('id')
    .limit(openLimit + 1)
    .forUpdate()
    .execute()
  if (rows.length > openLimit) throw fail('items_open', `More than ${openLimit} are not decided yet.`)
  const live = await accessNow(tx, rows, now, false)
  const gone = rows.filter((row) => standingOf(row, live) === 'gone')
  const left = rows.filter((row) => !gone.includes(row))
  const own = await ownAmong(context, left)
  const alone = own.size > 0 && (await decidesAlone(context))
  if (left.length > (alone ? own.size : 0)) {
    const mine = own.size > 0 ? `, ${own.size} of them yours${alone ? '' : ', for another Owner or Admin'}` : ''
    throw fail('items_open', `${left.length} are not decided yet${mine}.`)
  }
  await markGone(tx, gone, now)
  if (own.size > 0)
    await tx
      .updateTable('accessReviewItem')
      .set({ decision: 'nobody_else', decidedAt: now })
      .where('reviewId', '=', id)
      .where('decision', 'is', null)
      .execute()
  const completed = { state: 'completed' as const, completedBy: person(), completedAt: now, comment }
  await tx.updateTable('accessReview').set(completed).where('id', '=', id).execute()
  await obligations.meet(accessReviewDue, { subject: orgId })
  await obligations.open(accessReviewDue, { subject: orgId, label: quarterly, role: 'admin' })
  because(comment)
  return shown(tx, id)
})

/** What the deadline is about, in words. */
export const quarterly = 'Every member, key, rule and grant'
