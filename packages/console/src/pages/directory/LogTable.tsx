import { Button, Checkbox } from '@mantine/core'
import { directory } from '@holdfast/contract'
import { useState } from 'react'
import { Filters, lazyDialog, Section, State, Table, Time, usePagesOf, type Column } from '../../kit/index.ts'
import { requestWords, type LogRow } from './words.ts'

const LogDialog = lazyDialog(async () => (await import('./LogDialog.tsx')).LogDialog)

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
      {shown && <LogDialog opened row={shown} onClose={() => setShown(null)} />}
    </Section>
  )
}
