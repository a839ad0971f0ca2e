import {
  AccessReviewId,
  AccessReviewItemId,
  accessReviewDue,
  PersonId,
  type AccessReviewItem,
  type ReviewDecision,
} from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { Context, Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { mailboxOf, peopleOf, readPerson } from '../../kernel/people.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Vault } from '../../kernel/vault.ts'
import { propose, versionOf, type Access } from './rules.ts'
import { keyOf } from './sources.ts'
import type { AccessReviewItemTable } from './table.ts'

export type ItemRow = Selectable<AccessReviewItemTable>
export const itemColumns = [
  ...(['id', 'reviewId', 'kind', 'ref', 'version', 'label', 'detail', 'personId', 'holderSealed', 'role'] as const),
  ...(['since', 'lastUsedAt', 'expiresAt', 'proposal', 'reasons', 'proposedRole'] as const),
  ...(['decision', 'newRole', 'reason', 'decidedBy', 'decidedAt'] as const),
] as const

const holderPlace = (row: string) => ({ table: 'access_review_item', column: 'holder_sealed', row })
const nobody = { name: '', email: '' }

export const holderOf = async (
  vault: Vault,
  { id, holderSealed }: Pick<ItemRow, 'id' | 'holderSealed'>,
): Promise<{ name: string; email: string }> =>
  holderSealed === null
    ? nobody
    : (JSON.parse(await vault.openText('org', holderPlace(id), holderSealed)) as { name: string; email: string })

/** Whom an invitation is for. */
const addressee = async ({ vault }: Entered, { address }: Access) =>
  address && { name: '', email: await vault.openText('org', address.place, address.sealed) }

/** What the snapshot keeps of some accesses: the names of their holders sealed, and what the rules propose. */
export const itemsFrom = async (entered: Entered, reviewId: string, found: readonly Access[], now: Date) => {
  const people = await peopleOf(
    entered,
    found.flatMap(({ personId }) => personId ?? []),
  )
  await entered.vault.warm(['org']) // so many people's keys may have pushed it out, and each item would load it for itself
  return Promise.all(
    found.map(async (access) => {
      const id = newIdOf(AccessReviewItemId, 'ai')
      const { kind, ref, label, detail, personId, role, since, lastUsedAt, expiresAt } = access
      const holder = personId === null ? await addressee(entered, access) : people.get(personId)
      const holderSealed = holder
        ? await entered.vault.seal('org', holderPlace(id), JSON.stringify({ name: holder.name, email: holder.email }))
        : null
      const seen = { kind, ref, label, detail, personId, role, since, lastUsedAt, expiresAt, version: versionOf(access) }
      return { ...seen, ...propose(access, now), reviewId, id, holderSealed }
    }),
  )
}

/** Those of them that are the caller's own access: theirs by id, or by a second account with the same mailbox. */
export const ownAmong = async (
  context: Pick<Context, 'tx' | 'vault' | 'person'>,
  items: readonly Pick<ItemRow, 'id' | 'personId' | 'holderSealed'>[],
): Promise<Set<string>> => {
  const { email } = await readPerson(context, context.person())
  const own = new Set<string>()
  for (const item of items) {
    const holder = await holderOf(context.vault, item)
    const same = holder.email !== '' && mailboxOf(holder.email) === mailboxOf(email)
    if (item.personId === context.person() || same) own.add(item.id)
  }
  return own
}

type Refuse = (code: 'review_not_found' | 'review_not_open', detail?: string) => Problem

/** The review, locked: whoever decides or completes waits for the other. */
export const openReview = async (tx: OrgTx, id: string, refuse: Refuse) => {
  const row = await tx.selectFrom('accessReview').select(['id', 'state']).where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw refuse('review_not_found')
  if (row.state === 'gathering') throw refuse('review_not_open', 'The list is still being gathered. Wait a moment.')
  if (row.state === 'completed') throw refuse('review_not_open', 'This review is completed. Begin the next one.')
  return row
}

const reviewColumns = [
  ...(['id', 'state', 'begunBy', 'begunAt', 'gatheredAt', 'dueAt'] as const),
  ...(['completedBy', 'completedAt', 'comment'] as const),
] as const

/** Reviews with how far they are, newest first: two statements however many. */
export const readReviews = async (tx: OrgTx, wanted: { id?: string; past?: string | null; limit: number }) => {
  let query = tx.selectFrom('accessReview').select(reviewColumns)
  if (wanted.id !== undefined) query = query.where('id', '=', wanted.id)
  if (wanted.past) query = query.where('id', '<', wanted.past)
  const rows = await query.orderBy('id', 'desc').limit(wanted.limit).execute()
  if (rows.length === 0) return []
  const counts = await tx
    .selectFrom('accessReviewItem')
    .select(({ fn }) => ['reviewId', 'decision', fn.countAll<string>().as('count')])
    .where(
      'reviewId',
      'in',
      rows.map(({ id }) => id),
    )
    .groupBy(['reviewId', 'decision'])
    .execute()
  const countOf = (id: string, decision: ReviewDecision | null): number =>
    Number(counts.find((row) => row.reviewId === id && row.decision === decision)?.count ?? 0)
  return rows.map(({ id, state, begunBy, begunAt, gatheredAt, dueAt, completedBy, completedAt, comment }) => {
    const decided = {
      ...{ keep: countOf(id, 'keep'), change: countOf(id, 'change'), remove: countOf(id, 'remove') },
      ...{ gone: countOf(id, 'gone'), nobody_else: countOf(id, 'nobody_else') },
    }
    const open = countOf(id, null)
    return {
      ...{ id: AccessReviewId.parse(id), state, begunBy: PersonId.parse(begunBy), begunAt: begunAt.toISOString() },
      ...{ gatheredAt: gatheredAt?.toISOString() ?? null, dueAt: dueAt?.toISOString() ?? null },
      completedBy: completedBy === null ? null : PersonId.parse(completedBy),
      ...{ completedAt: completedAt?.toISOString() ?? null, comment },
      ...{ open, decided, items: open + Object.values(decided).reduce((a, b) => a + b, 0) },
    }
  })
}

export const shown = async (tx: OrgTx, id: string) => {
  const [review] = await readReviews(tx, { id, limit: 1 })
  if (!review) throw new Error('the review is gone')
  return review
}

/** When a review is due; null: no deadline runs. */
export const dueAtOf = async (tx: OrgTx): Promise<Date | null> => {
  const clock = tx.selectFrom('obligationClock').select('dueAt').where('kind', '=', accessReviewDue.name)
  return (await clock.where('subject', '=', tx.orgId).executeTakeFirst())?.dueAt ?? null
}

/** How an item stands beside what was seen of it. */
export const standingOf = (item: Pick<ItemRow, 'kind' | 'ref' | 'version'>, live: ReadonlyMap<string, Access>) => {
  const access = live.get(keyOf(item))
  if (!access) return 'gone'
  return versionOf(access) === item.version ? 'same' : 'changed'
}

const presentItem = async (vault: Vault, row: ItemRow, now: AccessReviewItem['now']): Promise<AccessReviewItem> => {
  const { personId, since, lastUsedAt, expiresAt, decidedBy, decidedAt, holderSealed: _, reviewId: __, ...rest } = row
  return {
    ...rest,
    ...(await holderOf(vault, row).then(({ name, email }) => ({ holder: name, email }))),
    id: AccessReviewItemId.parse(row.id),
    personId: personId === null ? null : PersonId.parse(personId),
    ...{ since: since.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null, expiresAt: expiresAt?.toISOString() ?? null },
    decidedBy: decidedBy === null ? null : PersonId.parse(decidedBy),
    ...{ decidedAt: decidedAt?.toISOString() ?? null, now },
  }
}

/** Items as they are shown; the key that opens their holders is loaded once. */
export const presentItems = async <R extends ItemRow>(
  vault: Vault,
  rows: readonly R[],
  nowOf: (row: R) => AccessReviewItem['now'],
): Promise<AccessReviewItem[]> => {
  await vault.warm(['org'])
  return Promise.all(rows.map((row) => presentItem(vault, row, nowOf(row))))
}
