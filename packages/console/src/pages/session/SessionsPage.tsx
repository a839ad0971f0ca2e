import { Button } from '@mantine/core'
import { session, type OutputOf } from '@holdfast/contract'
import { useState } from 'react'
import { ConfirmDialog, Due, Page, State, Table, Time, useCommandOf, useQueryOf, type Column } from '../../kit/index.ts'
import { deviceInWords } from './device.ts'

type Row = OutputOf<typeof session.list>['rows'][number]

const columns = (end: (row: Row) => void): Column<Row>[] => [
  {
    key: 'device',
    title: 'Device',
    grow: true,
    sort: ({ device }) => device,
    render: ({ device }) => <span title={device}>{deviceInWords(device)}</span>,
  },
  {
    key: 'address',
    title: 'Address',
    wide: true,
    sort: ({ address }) => address,
    render: ({ address }) => <code>{address}</code>,
  },
  { key: 'seen', title: 'Last used', sort: ({ lastSeenAt }) => lastSeenAt, render: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
  {
    key: 'since',
    title: 'Signed in',
    wide: true,
    sort: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    key: 'expires',
    title: 'Ends by itself',
    wide: true,
    sort: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <Due ends at={expiresAt} soonMs={0} />,
  },
  {
    key: 'factor',
    title: 'Second factor',
    wide: true,
    render: ({ factorConfirmed }) =>
      factorConfirmed ? <State kind="good">confirmed</State> : <State kind="quiet">not used</State>,
  },
  {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) =>
      row.current ? (
        <State kind="accent">this one</State>
      ) : (
        <Button
          variant="subtle"
          color="red"
          size="compact-xs"
          onClick={() => end(row)}
          aria-label={`End the session on ${deviceInWords(row.device)}`}
        >
          End
        </Button>
      ),
  },
]

const EndOne = ({ row, onClose }: { row: Row; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(session.revoke, {
    refresh: [session.list],
    done: 'Session ended.',
    onDone: onClose,
    explain: { session_not_found: 'That session has ended already.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="End this session?"
      consequences={[
        `${deviceInWords(row.device)} at ${row.address} is signed out within seconds.`,
        'If you do not know this device, change your password too.',
      ]}
      undo="Whoever knows your password and has your second factor can sign in again."
      verb="End session"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}

const EndOthers = ({ onClose }: { onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(session.revokeOthers, {
    refresh: [session.list],
    done: 'All other sessions ended.',
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="End all other sessions?"
      consequences={['Every device but this one is signed out within seconds, in every organisation.']}
      undo="You can sign in again on each."
      verb="End them"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({})}
    />
  )
}

/** The devices on which one is signed in. */
export const SessionsPage = () => {
  const sessions = useQueryOf(session.list, {})
  const [ended, setEnded] = useState<Row | null>(null)
  const [others, setOthers] = useState(false)
  const hasOthers = (sessions.data?.rows.length ?? 0) > 1
  return (
    <Page
      title="Sessions"
      about="The devices on which you are signed in. An ended session stops working within seconds."
      action={
        hasOthers && (
          <Button variant="default" onClick={() => setOthers(true)}>
            End all others
          </Button>
        )
      }
    >
      <Table
        label="Sessions"
        columns={columns(setEnded)}
        rows={sessions.data?.rows}
        error={sessions.error}
        retry={() => void sessions.refetch()}
        rowKey={({ id }) => id}
        initialSort={{ key: 'seen', down: true }}
        empty={{ title: 'No sessions', text: 'An API key is not a session: what you use now is not listed here.' }}
      />
      {ended && <EndOne row={ended} onClose={() => setEnded(null)} />}
      {others && <EndOthers onClose={() => setOthers(false)} />}
    </Page>
  )
}
