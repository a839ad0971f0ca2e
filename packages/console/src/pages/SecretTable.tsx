import type { OutputOf } from '@holdfast/contract'
import type { operator } from '@holdfast/contract'
import { count, State, Table, Time, type Column } from '../kit/index.ts'
import { dueOf } from './secrets.ts'

export type SecretRow = OutputOf<typeof operator.keys>['rows'][number]

export const Rotation = ({ row }: { row: SecretRow }) => {
  const { kind, words } = dueOf(row)
  return <State kind={kind}>{words}</State>
}

/** Every column that a table of secrets has; never a secret itself. */
export const secretColumns: Column<SecretRow>[] = [
  { key: 'name', title: 'Secret', grow: true, render: (row) => row.name, sort: (row) => row.name },
  { key: 'owner', title: 'Owner', wide: true, render: (row) => row.owner },
  { key: 'version', title: 'Version', align: 'right', wide: true, render: (row) => row.version },
  {
    key: 'age',
    title: 'Age',
    align: 'right',
    wide: true,
    render: (row) => `${count(row.ageDays)} d`,
    sort: (row) => row.ageDays,
  },
  { key: 'due', title: 'Rotation', render: (row) => <Rotation row={row} />, sort: (row) => row.rotateEveryDays - row.ageDays },
  { key: 'stored', title: 'Kept in', wide: true, grow: true, render: (row) => row.storedIn },
]

export const createdColumn: Column<SecretRow> = {
  key: 'created',
  title: 'Made',
  wide: true,
  render: (row) => <Time at={row.createdAt} />,
}

interface SecretTableProps {
  label: string
  rows: readonly SecretRow[] | undefined
  error: Error | null
  retry: () => void
  columns?: readonly Column<SecretRow>[]
}

export const SecretTable = ({ label, rows, error, retry, columns = secretColumns }: SecretTableProps) => (
  <Table
    label={label}
    columns={columns}
    rows={rows}
    rowKey={(row) => `${row.kind} ${row.name}`}
    error={error}
    retry={retry}
    initialSort={{ key: 'due', down: false }}
    empty={{ title: 'No secrets', text: 'The key server reported none. Look at its health.' }}
  />
)
