import { accessLog, allOperations, StaffGrantId, type OutputOf } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import { Filters, Id, Page, PageLink, State, Table, Time, useFilters, usePagesOf, type Column } from '../../kit/index.ts'
import { Actor } from './Actor.tsx'
import classes from './ledger.module.css'
import { WhoFilter } from './WhoFilter.tsx'

type Row = OutputOf<typeof accessLog.list>['rows'][number]

const columns: Column<Row>[] = [
  { key: 'at', title: 'When', render: (row) => <Time at={row.at} /> },
  { key: 'who', title: 'Who', wide: true, render: (row) => <Actor actor={row.actor} /> },
  {
    key: 'operation',
    title: 'Read',
    grow: true,
    render: (row) => (
      <>
        <code>{row.operation}</code>
        <span className={classes['onPhone']}>
          by <Actor actor={row.actor} />
        </span>
      </>
    ),
  },
  {
    key: 'target',
    title: 'What',
    wide: true,
    render: (row) =>
      row.target === null ? (
        <span className={classes['quiet']}>list</span>
      ) : row.target.length > 20 ? (
        <Id value={row.target} />
      ) : (
        <code>{row.target}</code>
      ),
  },
  { key: 'rows', title: 'Rows', align: 'right', wide: true, render: (row) => row.rows?.toLocaleString('en') ?? '–' },
  { key: 'right', title: 'By right', wide: true, grow: true, render: (row) => <code>{row.right}</code> },
  {
    key: 'outcome',
    title: 'Outcome',
    render: (row) =>
      row.outcome === 'read' || row.outcome === 'done' ? (
        <span className={classes['quiet']}>{row.outcome}</span>
      ) : (
        <State kind="bad">{row.outcome}</State>
      ),
  },
  { key: 'address', title: 'Address', wide: true, render: (row) => row.address ?? '' },
  {
    key: 'sealed',
    title: 'Sealed in',
    wide: true,
    align: 'right',
    render: (row) =>
      row.sealedIn === null ? (
        <span className={classes['quiet']}>soon</span>
      ) : (
        <PageLink to={`/ledger/${row.sealedIn}`}>#{row.sealedIn}</PageLink>
      ),
  },
]

const reads = allOperations
  .filter(({ kind }) => kind !== 'command')
  .map(({ name }) => name)
  .toSorted()

const Reads = () => {
  const [filters, setFilters] = useFilters(['actor', 'operation', 'staff'])
  const staffGrant = StaffGrantId.safeParse(filters.staff).data
  const { rows, ...pages } = usePagesOf(accessLog.list, {
    ...(filters.actor && { actor: filters.actor }),
    ...(filters.operation && { operation: filters.operation }),
    ...(staffGrant && { staffGrant }),
  })
  return (
    <>
      <Filters>
        <WhoFilter value={filters.actor} onChange={(actor) => setFilters({ actor })} />
        <NativeSelect
          label="Read"
          data={[{ value: '', label: 'Anything' }, ...reads]}
          value={filters.operation ?? ''}
          onChange={(event) => setFilters({ operation: event.currentTarget.value || undefined })}
          w={{ base: '100%', xs: 220 }}
        />
        {staffGrant && (
          <Button variant="default" onClick={() => setFilters({ staff: undefined })}>
            One staff access only: show all
          </Button>
        )}
      </Filters>
      <Table
        label="Reads, newest first"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        {...pages}
        retry={pages.refetch}
        empty={{
          title: 'Nothing read',
          text: 'Each time somebody reads data of this organisation, a row appears here: who, what, by which right, from where.',
        }}
      />
    </>
  )
}

/** Who read what (D9). */
export const AccessLogPage = () => (
  <Page
    title="Access log"
    about="Who read this organisation’s data, by which right, and whether it was granted. Rows are sealed into the ledger in batches, so they cannot be removed unseen."
    permission="access-log:read"
  >
    <Reads />
  </Page>
)
