import { PageLink, State, Time, type Column } from '../kit/index.ts'
import { Requester } from './Requester.tsx'
import { clockOf, kindWords, stateOf, whatOf, type Row } from './recordingWords.ts'

const What = ({ row }: { row: Row }) =>
  row.kind === 'command' ? <code style={{ overflowWrap: 'anywhere' }}>{whatOf(row)}</code> : <>{kindWords[row.kind]}</>

const lasted = ({ startedAt, endedAt, lastAt }: Row): number => (Date.parse(endedAt ?? lastAt) - Date.parse(startedAt)) / 1000

const what: Column<Row> = { key: 'what', title: 'What', grow: true, render: (row) => <What row={row} />, sort: whatOf }
const rest: Column<Row>[] = [
  {
    key: 'state',
    title: 'State',
    render: (row) => <State kind={stateOf(row).kind}>{stateOf(row).word}</State>,
    sort: (row) => row.state,
  },
  { key: 'at', title: 'Began', render: (row) => <Time at={row.startedAt} />, sort: (row) => row.startedAt },
  { key: 'lasted', title: 'Lasted', align: 'right', wide: true, render: (row) => clockOf(lasted(row)), sort: lasted },
  {
    key: 'exit',
    title: 'Exit code',
    align: 'right',
    wide: true,
    render: (row) => row.exitCode ?? '',
    sort: (row) => row.exitCode,
  },
]

/** Under one grant: where and who is known. */
export const ofGrant: Column<Row>[] = [what, ...rest]

export const ofAll: Column<Row>[] = [
  what,
  {
    key: 'where',
    title: 'Where',
    render: (row) => (
      <PageLink to={`/servers/${row.hostId}`}>
        {row.login} on {row.hostName}
      </PageLink>
    ),
    sort: (row) => row.hostName,
  },
  { key: 'who', title: 'Who', render: (row) => <Requester of={row} /> },
  ...rest,
]
