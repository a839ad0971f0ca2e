import { staff, type OutputOf } from '@holdfast/contract'
import { Button, Group } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { lazyDialog, Page, State, Table, Time, useCommandOf, useDo, useQueryOf, type Column } from '../../kit/index.ts'
import { staffAnswers } from '../staffAnswers.ts'
import { notLive, reachInWords, staffFound, staffState } from '../staffWords.ts'

type Row = OutputOf<typeof staff.list>['rows'][number]

const AskDialog = lazyDialog(async () => (await import('./AskDialog.tsx')).AskDialog)
const EnterDialog = lazyDialog(async () => (await import('./EnterDialog.tsx')).EnterDialog)

const facts: Column<Row>[] = [
  { key: 'org', title: 'Organisation', grow: true, render: (row) => row.orgName, sort: (row) => row.orgName },
  { key: 'reach', title: 'How far', wide: true, render: reachInWords },
  { key: 'ticket', title: 'Ticket', wide: true, render: (row) => row.ticket ?? '' },
  { key: 'state', title: 'State', render: (row) => <State kind={staffState(row).kind}>{staffState(row).word}</State> },
  { key: 'until', title: 'Until', render: (row) => <Time at={row.endedAt ?? row.endsAt} empty="–" /> },
]

const GiveBack = ({ row }: { row: Row }) => {
  const back = useCommandOf(staff.giveBack, {
    refresh: staffAnswers,
    done: 'Given back.',
    explain: { ...staffFound, ...notLive },
  })
  return (
    <Button size="compact-xs" variant="subtle" color="gray" loading={back.running} onClick={() => void back.run({ id: row.id })}>
      {row.state === 'live' ? 'Give back' : 'Take back'}
    </Button>
  )
}

const Mine = () => {
  const [entering, setEntering] = useState<Row | null>(null)
  const { data, error, refetch } = useQueryOf(staff.list, {}, { everyMs: 10_000 })
  const columns: Column<Row>[] = [
    ...facts,
    {
      key: 'do',
      title: 'Actions',
      actions: true,
      render: (row) => (
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          {row.state === 'live' && (
            <Button size="compact-xs" onClick={() => setEntering(row)}>
              Enter
            </Button>
          )}
          {(row.state === 'live' || row.state === 'requested') && <GiveBack row={row} />}
        </Group>
      ),
    },
  ]
  return (
    <>
      <Table
        label="Your requests"
        columns={columns}
        rows={data?.rows}
        error={error}
        more={null}
        loadingMore={false}
        rowKey={({ id }) => id}
        retry={() => void refetch()}
        empty={{
          title: 'You have asked no customer',
          text: 'You see nothing of a customer’s data until they agree to it. Say what you need it for, and for how long.',
        }}
      />
      <EnterDialog row={entering} opened={entering !== null} onClose={() => setEntering(null)} />
    </>
  )
}

/** The operator's side of staff access (C5). */
export const StaffPage = () => {
  const asking = useDo('ask')
  return (
    <Page
      title="Customers’ data"
      about="Ask a customer to let you see their data, and work there while they do. They see who, why and until when, can end it at any moment, and keep a record of whatever you read."
      permission="operator:staff"
      action={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={asking.open}>
          Ask a customer
        </Button>
      }
    >
      <Mine />
      <AskDialog opened={asking.opened} onClose={asking.close} />
    </Page>
  )
}
