import { accessReview } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import {
  Due,
  Page,
  ProblemNotice,
  State,
  Table,
  Time,
  useCommandOf,
  useGo,
  useMay,
  usePagesOf,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { By } from '../By.tsx'
import { refreshed, stateOf, type Review } from './words.ts'

const columns: Column<Review>[] = [
  { key: 'begun', title: 'Begun', render: ({ begunAt }) => <Time at={begunAt} />, sort: ({ begunAt }) => begunAt },
  {
    key: 'state',
    title: 'State',
    grow: true,
    render: (row) => <State kind={stateOf(row)[0]}>{stateOf(row)[1]}</State>,
    sort: ({ state }) => state,
  },
  { key: 'items', title: 'Accesses', align: 'right', render: ({ items }) => items, sort: ({ items }) => items },
  { key: 'removed', title: 'Removed', align: 'right', wide: true, render: ({ decided }) => decided.remove },
  { key: 'changed', title: 'Changed', align: 'right', wide: true, render: ({ decided }) => decided.change },
  { key: 'due', title: 'Due', wide: true, render: ({ dueAt }) => <Time at={dueAt} empty="–" /> },
  { key: 'done', title: 'Completed', wide: true, render: ({ completedAt }) => <Time at={completedAt} empty="–" /> },
  {
    key: 'by',
    title: 'By',
    wide: true,
    render: ({ completedBy, begunBy }) => <By id={completedBy ?? begunBy} />,
  },
]

const Begin = () => {
  const go = useGo()
  const begin = useCommandOf(accessReview.begin, {
    refresh: refreshed,
    done: 'Begun.',
    onDone: ({ id }) => go(`/access-reviews/${id}`),
    explain: { review_open: 'A review is open already. Complete it first.' },
  })
  return (
    <>
      <Button leftSection={<IconChecklist size={16} aria-hidden />} loading={begin.running} onClick={() => void begin.run({})}>
        Begin a review
      </Button>
      <ProblemNotice problem={begin.problem} />
    </>
  )
}

const NextDue = () => {
  const { data } = useQueryOf(accessReview.list, { limit: 1 })
  if (!data?.dueAt) return null
  return (
    <p>
      Next review: <Due at={data.dueAt} soonMs={21 * 86_400_000} />
    </p>
  )
}

/** Reviews of access (C1), and when the next one is due. */
export const AccessReviewsPage = () => {
  const may = useMay()
  const pages = usePagesOf(accessReview.list, {}, { everyMs: 15_000 })
  const begin = may('access-review:decide') && pages.rows?.every(({ state }) => state === 'completed') && <Begin />
  return (
    <Page
      title="Access reviews"
      about="Every quarter somebody looks at everything that gives access, and says what is still needed."
      permission="access-review:read"
      action={pages.rows && pages.rows.length > 0 && begin}
    >
      <NextDue />
      <Table
        label="Access reviews"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/access-reviews/${id}`}
        empty={{
          title: 'No review yet',
          text: 'A review lists members and their roles, keys, service accounts, access policies, grants and what else opens something, each with when it was last used and what to do about it. An Owner or Admin decides.',
          action: begin,
        }}
      />
    </Page>
  )
}
