import { accessReview, type AccessReviewItem } from '@holdfast/contract'
import { handleDownload, type StreamContext } from '../../kernel/handle.ts'
import { namesOf } from '../../kernel/people.ts'
import { itemColumns, presentItems, readReviews } from './rows.ts'
import { csvCell } from './rules.ts'

const pageSize = 500

type Exporting = typeof accessReview.exportCsv // both are declared alike

interface Exported extends Omit<AccessReviewItem, 'now'> {
  decider: string
}

/** Page by page, each in a transaction of its own. Whoever decided and has left since is named by their id. */
async function* exported({ read, signal }: Pick<StreamContext, 'read' | 'signal'>, reviewId: string): AsyncGenerator<Exported[]> {
  let after = ''
  while (!signal.aborted) {
    const from = after
    const page = await read(async ({ tx, vault }) => {
      const query = tx.selectFrom('accessReviewItem').select(itemColumns).where('reviewId', '=', reviewId).where('id', '>', from)
      const rows = await query.orderBy('id').limit(pageSize).execute()
      const deciders = await namesOf(
        { tx, vault },
        rows.flatMap(({ decidedBy }) => decidedBy ?? []),
      )
      const items = await presentItems(vault, rows, () => 'same')
      return items.map(({ now: _, ...item }) => ({
        ...item,
        decider: (item.decidedBy !== null && deciders.get(item.decidedBy)) || (item.decidedBy ?? ''),
      }))
    })
    if (page.length > 0) yield page
    if (page.length < pageSize) return
    after = page.at(-1)?.id ?? ''
  }
}

const reviewOf = async ({ read, fail }: Pick<StreamContext<Exporting>, 'read' | 'fail'>, id: string) => {
  const [review] = await read(({ tx }) => readReviews(tx, { id, limit: 1 }))
  if (!review) throw fail('review_not_found')
  if (review.state === 'gathering') throw fail('review_not_gathered', 'The list is still being gathered. Wait a moment.')
  return review
}

const columns: readonly [string, (item: Exported) => string | null][] = [
  ['kind', ({ kind }) => kind],
  ['what', ({ label }) => label],
  ['opens', ({ detail }) => detail],
  ['held by', ({ holder }) => holder],
  ['address', ({ email }) => email],
  ['person', ({ personId }) => personId],
  ['role', ({ role }) => role],
  ['since', ({ since }) => since],
  ['last used', ({ lastUsedAt }) => lastUsedAt],
  ['expires', ({ expiresAt }) => expiresAt],
  ['proposal', ({ proposal }) => proposal],
  ['proposed because', ({ reasons }) => reasons.join(' ')],
  ['decision', ({ decision }) => decision],
  ['new role', ({ newRole }) => newRole],
  ['reason', ({ reason }) => reason],
  ['decided by', ({ decider }) => decider],
  ['decided at', ({ decidedAt }) => decidedAt],
  ['id', ({ ref }) => ref],
]
const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`
const byteOrderMark = '\ufeff' // or a spreadsheet takes it for another encoding

export const exportCsv = handleDownload(accessReview.exportCsv, async function* ({ id }, context) {
  await reviewOf(context, id)
  yield byteOrderMark + line(columns.map(([name]) => name))
  for await (const items of exported(context, id))
    yield items.map((item) => line(columns.map(([, of]) => of(item) ?? ''))).join('')
})

export const exportJson = handleDownload(accessReview.exportJson, async function* ({ id }, context) {
  yield `{"review":${JSON.stringify(await reviewOf(context, id))},"items":[`
  let between = '\n'
  for await (const items of exported(context, id)) {
    yield between + items.map((item) => JSON.stringify(item)).join(',\n')
    between = ',\n'
  }
  yield '\n]}\n'
})
