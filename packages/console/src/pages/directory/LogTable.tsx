import { Button, Checkbox, Modal, Stack } from '@mantine/core'
import { directory } from '@holdfast/contract'
import { useState } from 'react'
import { Facts, Filters, Id, Section, State, Table, Time, usePagesOf, type Column } from '../../kit/index.ts'
import { requestWords, type LogRow } from './words.ts'

const columns = (show: (row: LogRow) => void): Column<LogRow>[] => [
  { key: 'at', title: 'When', render: ({ at }) => <Time at={at} /> },
  { key: 'what', title: 'What came', render: ({ operation }) => requestWords[operation] ?? operation },
  {
    key: 'done',
    title: 'Became',
    render: ({ code, status }) => (
      <State kind={code === null ? 'good' : 'bad'}>{code === null ? 'Done' : `Refused, ${status}`}</State>
    ),
  },
  { key: 'said', title: 'What was done, or why not', grow: true, wide: true, render: ({ said }) => said.join(' ') },
  {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) => (
      <Button variant="subtle" size="compact-xs" onClick={() => show(row)} aria-label={`Show the request ${row.requestId}`}>
        Show
      </Button>
    ),
  },
]

const Line = ({ row, onClose }: { row: LogRow; onClose: () => void }) => (
  <Modal
    opened
    onClose={onClose}
    size="lg"
    title={requestWords[row.operation] ?? row.operation}
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    <Stack gap="md">
      <Facts
        rows={[
          ['When', <Time key="at" at={row.at} />],
          ['Became', row.code === null ? `Done (${row.status})` : `Refused: ${row.code} (${row.status})`],
          ['What was done, or why not', row.said.join(' ')],
          ['Request', <Id key="request" value={row.requestId} what="the request id" />],
          ['About', row.target === null ? 'nothing yet' : <Id key="target" value={row.target} what="the id" />],
        ]}
      />
      <pre style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 }}>{row.request}</pre>
    </Stack>
  </Modal>
)

export const LogTable = () => {
  const [refused, setRefused] = useState(false)
  const [shown, setShown] = useState<LogRow | null>(null)
  const pages = usePagesOf(directory.log, refused ? { refused: 'true' as const } : {})
  return (
    <Section title="Log" about="What the directory sent, what was done, and why something was refused; kept for ninety days.">
      <Filters>
        <Checkbox
          label="Only what was refused"
          checked={refused}
          onChange={({ currentTarget }) => setRefused(currentTarget.checked)}
        />
      </Filters>
      <Table
        label="Provisioning log"
        columns={columns(setShown)}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={{ title: 'Nothing came yet', text: 'Each change that the directory sends shows here.' }}
      />
      {shown && <Line row={shown} onClose={() => setShown(null)} />}
    </Section>
  )
}
