import { breakGlass } from '@holdfast/contract'
import { NativeSelect } from '@mantine/core'
import { Filters, Page, State, Table, Time, useFilters, usePagesOf, type Column } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import { EmergencyKeys } from './EmergencyKeys.tsx'
import type { Use } from './words.ts'

const columns: Column<Use>[] = [
  { key: 'server', title: 'Server', grow: true, render: (row) => row.hostName, sort: (row) => row.hostName },
  { key: 'at', title: 'When', render: (row) => <Time at={row.at} />, sort: (row) => row.at },
  { key: 'from', title: 'From', wide: true, render: (row) => row.from ?? 'not known' },
  {
    key: 'state',
    title: 'Review',
    render: (row) => (row.reviewedAt ? <State kind="good">Reviewed</State> : <State kind="bad">To review</State>),
    sort: (row) => (row.reviewedAt ? 1 : 0),
  },
  { key: 'by', title: 'By', wide: true, render: (row) => (row.reviewedBy ? <PersonName id={row.reviewedBy} /> : '') },
]

const List = () => {
  const [filters, setFilters] = useFilters(['show'])
  const open = filters.show === 'open'
  const pages = usePagesOf(breakGlass.list, open ? { open: 'true' } : {}, { everyMs: 30_000 })
  return (
    <>
      <Filters>
        <NativeSelect
          label="Show"
          data={[
            { value: '', label: 'All' },
            { value: 'open', label: 'To review' },
          ]}
          value={open ? 'open' : ''}
          onChange={(event) => setFilters({ show: event.currentTarget.value })}
          w={{ base: '100%', xs: 150 }}
        />
      </Filters>
      <Table
        label="Uses of emergency access"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/access/break-glass/${id}`}
        empty={
          open
            ? { title: 'Nothing to review', text: 'Every use of emergency access was reviewed.' }
            : {
                title: 'Never used',
                text: 'Emergency access works when nothing else does, and needs nobody’s leave. Its every use is told to all Owners at once, stands here, and must be reviewed within a day.',
              }
        }
      />
    </>
  )
}

/** Every use of emergency access (C6). */
export const BreakGlassPage = () => (
  <Page
    title="Break-glass"
    about="Emergency access that needed nobody’s approval: who looked at each use afterwards, what they found, and who holds the keys."
    permission="access:oversee"
  >
    <List />
    <EmergencyKeys />
  </Page>
)
