import { PersonId, PolicyId, policyReview, PolicyVersionId } from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { sql } from 'kysely'
import { dateAfter } from './rules.ts'
import type { PolicyVersionTable } from './table.ts'

export type VersionRow = Omit<Selectable<PolicyVersionTable>, 'contentSealed'>

/** Dates as dates: the driver would make a moment in some time zone of them. */
const dateText = (column: 'acknowledge_by') => sql<string | null>`${sql.ref(column)}::text`

export const versionColumns = [
  ...([
    'id',
    'policyId',
    'number',
    'state',
    'format',
    'bytes',
    'sha256',
    'note',
    'authorId',
    'editors',
    'createdAt',
    'submittedAt',
  ] as const),
  ...(['approvedBy', 'approvedAt', 'publishedAt', 'reviewComment'] as const),
  dateText('acknowledge_by').as('acknowledgeBy'),
] as const

const instant = (date: Date | null): string | null => date?.toISOString() ?? null

export const presentVersion = (row: VersionRow) => ({
  id: PolicyVersionId.parse(row.id),
  policyId: PolicyId.parse(row.policyId),
  number: row.number,
  state: row.state,
  format: row.format,
  bytes: row.bytes,
  sha256: row.sha256,
  note: row.note,
  authorId: PersonId.parse(row.authorId),
  createdAt: row.createdAt.toISOString(),
  submittedAt: instant(row.submittedAt),
  approvedBy: row.approvedBy === null ? null : PersonId.parse(row.approvedBy),
  approvedAt: instant(row.approvedAt),
  publishedAt: instant(row.publishedAt),
  acknowledgeBy: row.acknowledgeBy,
  reviewComment: row.reviewComment,
})

/** Locks the version until commit, so that two people cannot take a step at once. */
export const lockVersion = (tx: OrgTx, id: string): Promise<VersionRow | undefined> =>
  tx.selectFrom('policyVersion').select(versionColumns).where('id', '=', id).forUpdate().executeTakeFirst()

export const findVersion = (tx: OrgTx, id: string): Promise<VersionRow | undefined> =>
  tx.selectFrom('policyVersion').select(versionColumns).where('id', '=', id).executeTakeFirst()

export const lockPolicy = (tx: OrgTx, id: string) =>
  tx
    .selectFrom('policy')
    .select(['id', 'title', 'ownerId', 'reviewEveryDays', 'retiredAt', sql<string | null>`reminded_on::text`.as('remindedOn')])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()

export const contentPlace = (row: string) => ({ table: 'policy_version', column: 'content_sealed', row })

interface Wanted {
  id?: string
  after?: string | undefined
  search?: string | undefined
  state?: string | undefined
  due?: 'me' | 'review' | undefined
  limit: number
}

/** Policies with their counts, in one statement however many; newest first. */
export const readSummaries = async (tx: OrgTx, person: string, now: Date, wanted: Wanted) => {
  const latest = tx
    .selectFrom('policyVersion')
    .distinctOn('policyId')
    .select(['policyId', 'number', 'state'])
    .orderBy('policyId')
    .orderBy('number', 'desc')
    .as('latest')
  let query = tx
    .selectFrom('policy')
    .leftJoin(latest, 'latest.policyId', 'policy.id')
    .leftJoin('policyVersion as current', (join) =>
      join.onRef('current.policyId', '=', 'policy.id').on('current.state', '=', 'published'),
    )
    .leftJoin('obligationClock as review', (join) =>
      join.onRef('review.subject', '=', 'policy.id').on('review.kind', '=', policyReview.name),
    )
    .select(['policy.id', 'policy.title', 'policy.promises', 'policy.ownerId', 'policy.retiredAt', 'policy.reviewEveryDays'])
    .select('policy.requiredAtOnce')
    .select(['review.dueAt as reviewDueAt', 'current.number as publishedVersion', 'latest.number as latestVersion'])
    .select(['latest.state as latestState'])
    .select(({ selectFrom }) => [
      selectFrom('policyAcknowledgement as a')
        .innerJoin('membership as m', 'm.personId', 'a.personId')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .whereRef('a.versionId', '=', 'current.id')
        .as('acknowledged'),
      selectFrom('membership')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .as('members'),
      selectFrom('policyAcknowledgement as mine')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .whereRef('mine.versionId', '=', 'current.id')
        .where('mine.personId', '=', person)
        .as('mine'),
    ])
  if (wanted.id !== undefined) query = query.where('policy.id', '=', wanted.id)
  if (wanted.after !== undefined) query = query.where('policy.id', '<', wanted.after)
  if (wanted.search !== undefined) query = query.where('policy.title', 'ilike', `%${wanted.search.replace(/[\\%_]/g, '\\$&')}%`)
  if (wanted.state !== undefined) query = query.where('latest.state', '=', wanted.state as 'draft')
  if (wanted.due === 'review') query = query.where('review.dueAt', '<', new Date(dateAfter(now, 1)))
  if (wanted.due === 'me') {
    query = query
      .where('policy.retiredAt', 'is', null)
      .where('current.id', 'is not', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('policyAcknowledgement as done')
              .select('done.versionId')
              .whereRef('done.versionId', '=', 'current.id')
              .where('done.personId', '=', person),
          ),
        ),
      )
  }
  const rows = await query.orderBy('policy.id', 'desc').limit(wanted.limit).execute()
  return rows.map((row) => ({
    id: PolicyId.parse(row.id),
    title: row.title,
    promises: row.promises,
    ownerId: PersonId.parse(row.ownerId),
    retired: row.retiredAt !== null,
    reviewEveryDays: row.reviewEveryDays,
    requiredAtOnce: row.requiredAtOnce,
    nextReviewOn: row.reviewDueAt && dateAfter(row.reviewDueAt, 0),
    publishedVersion: row.publishedVersion,
    latestVersion: row.latestVersion,
    latestState: row.latestState,
    acknowledged: Number(row.acknowledged),
    members: Number(row.members),
    acknowledgedByMe: Number(row.mine) > 0,
  }))
}
