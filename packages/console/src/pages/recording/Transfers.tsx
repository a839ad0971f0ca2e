import { Section, State, Table, type Column } from '../../kit/index.ts'
import { bytesInWords } from '../../verify/words.ts'
import type { Tape } from './tape.ts'
import { actWords, transfersIn, type Transfer } from './transfers.ts'
import { clockOf } from '../recordingWords.ts'

const Result = ({ row: { result, why } }: { row: Transfer }) => {
  if (result === 'done') return <State kind="good">done</State>
  if (result === 'failed') return <State kind="bad">{why === null ? 'failed' : `failed: ${why}`}</State>
  return <State kind="warn">not known</State>
}

const columns: Column<Transfer>[] = [
  { key: 'act', title: 'What', render: (row) => actWords[row.act], sort: (row) => actWords[row.act] },
  {
    key: 'path',
    title: 'File',
    grow: true,
    render: ({ path, to }) => <code style={{ overflowWrap: 'anywhere' }}>{to === null ? path : `${path} → ${to}`}</code>,
    sort: (row) => row.path,
  },
  {
    key: 'bytes',
    title: 'Bytes',
    align: 'right',
    render: ({ bytes }) => (bytes === null ? '' : bytesInWords(bytes)),
    sort: (row) => row.bytes,
  },
  { key: 'result', title: 'Result', render: (row) => <Result row={row} /> },
  { key: 'at', title: 'At', wide: true, render: (row) => clockOf(row.seconds), sort: (row) => row.seconds },
]

/** What was done to which file. Contents are not kept. */
export const Transfers = ({ tape }: { tape: Tape }) => (
  <Section
    title="Files"
    about="What was asked of the server stands here before it was passed on. The contents of files are not kept; looking at the size or date of one is not listed."
  >
    <Table
      label="Files"
      columns={columns}
      rows={transfersIn(tape.events)}
      rowKey={({ n }) => n}
      empty={{ title: 'No file was touched', text: 'The connection for files was opened, and closed again.' }}
    />
  </Section>
)
