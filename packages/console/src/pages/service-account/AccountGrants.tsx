import { grant, type ServiceAccountId } from '@holdfast/contract'
import { Section, State, Table, Time, useNow, usePagesOf, type Column } from '../../kit/index.ts'
import { nameOf, stateOf, type Row } from '../grantWords.ts'

const Standing = ({ row }: { row: Row }) => {
  const { kind, word } = stateOf(row, useNow(5_000))
  return <State kind={kind}>{word}</State>
}

const columns: Column<Row>[] = [
  { key: 'what', title: 'What', grow: true, render: nameOf, sort: nameOf },
  { key: 'state', title: 'State', render: (row) => <Standing row={row} />, sort: (row) => row.state },
  { key: 'at', title: 'Asked', wide: true, render: (row) => <Time at={row.requestedAt} />, sort: (row) => row.requestedAt },
]

/** What the account has asked for and got, the newest first. */
export const AccountGrants = ({ id }: { id: ServiceAccountId }) => {
  const pages = usePagesOf(grant.list, { show: 'all', serviceAccountId: id }, { everyMs: 15_000 })
  return (
    <Section title="Temporary access" about="Servers and databases that it asked for by a key. A person approves each time.">
      <Table
        label="Temporary access"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={(row) => row.id}
        to={(row) => `/access/grants/${row.id}`}
        empty={{
          title: 'It has asked for nothing',
          text: 'It may ask where an access policy names it, by a key that has the permission access:request.',
        }}
      />
    </Section>
  )
}
