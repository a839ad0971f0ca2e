import { staffAccess, type OutputOf } from '@holdfast/contract'
import { Page, PageLink, Section, State, Table, Time, useCalm, useMay, usePagesOf, type Column } from '../../kit/index.ts'
import { reachInWords, staffState } from '../staffWords.ts'
import { Ahead } from './Ahead.tsx'
import { ToAnswer } from './ToAnswer.tsx'
import { EndNow } from './EndNow.tsx'

type Row = OutputOf<typeof staffAccess.list>['rows'][number]

const columns: Column<Row>[] = [
  { key: 'who', title: 'Who', render: (row) => row.personName, sort: (row) => row.personName },
  { key: 'why', title: 'Why', grow: true, wide: true, render: (row) => row.reason },
  { key: 'reach', title: 'How far', wide: true, render: reachInWords },
  {
    key: 'state',
    title: 'State',
    render: (row) => <State kind={staffState(row).kind}>{staffState(row).word}</State>,
    sort: (row) => row.state,
  },
  {
    key: 'until',
    title: 'Until',
    render: (row) => <Time at={row.endedAt ?? row.endsAt} empty="–" />,
    sort: (row) => row.endedAt ?? row.endsAt ?? '',
  },
]

const All = () => {
  const may = useMay()
  const { rows, ...pages } = usePagesOf(staffAccess.list, {}, { everyMs: useCalm(15_000) })
  const actions: Column<Row> = {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) => (
      <>
        {row.startsAt !== null && may('access-log:read') && (
          <PageLink to={`/access-log?staff=${row.id}`} td="underline">
            What they read
          </PageLink>
        )}
        {row.state === 'live' && may('staff-access:decide') && <EndNow id={row.id} />}
      </>
    ),
  }
  return (
    <>
      {may('staff-access:decide') &&
        rows?.filter(({ state }) => state === 'requested').map((row) => <ToAnswer key={row.id} row={row} />)}
      <Table
        label="Staff access"
        columns={[...columns, actions]}
        rows={rows}
        rowKey={({ id }) => id}
        {...pages}
        retry={pages.refetch}
        empty={{
          title: 'Nobody has asked',
          text: 'The operator’s people see nothing of your data. When one of them asks, the request stands here, and an Owner or Admin decides.',
        }}
      />
    </>
  )
}

/** The customer's side of staff access (C5). */
export const StaffAccessPage = () => (
  <Page
    title="Staff access"
    about="Nobody who runs this installation may look into your data unless you agree. Each access has a reason and an end; every read stands in your access log."
    permission="staff-access:read"
  >
    <All />
    <Section
      title="Allowed in advance"
      about="What staff may read without waiting for an answer. Changes are never allowed in advance."
    >
      <Ahead />
    </Section>
  </Page>
)
