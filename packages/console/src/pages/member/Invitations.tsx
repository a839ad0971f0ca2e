import { Button } from '@mantine/core'
import { invitation, type OutputOf } from '@holdfast/contract'
import { useState } from 'react'
import {
  ConfirmDialog,
  Due,
  Person,
  roleNames,
  Section,
  State,
  Table,
  Tag,
  Time,
  useCommandOf,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'

type Invitation = OutputOf<typeof invitation.list>['rows'][number]

const columns = (take: (row: Invitation) => void): Column<Invitation>[] => [
  { key: 'email', title: 'E-mail', grow: true, sort: ({ email }) => email, render: ({ email }) => email },
  { key: 'role', title: 'Role', render: ({ role }) => <Tag>{roleNames[role]}</Tag> },
  { key: 'by', title: 'Invited by', wide: true, render: ({ invitedBy }) => <Person id={invitedBy} /> },
  {
    key: 'at',
    title: 'Sent',
    wide: true,
    sort: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    key: 'expires',
    title: 'Runs out',
    wide: true,
    sort: ({ expiresAt }) => expiresAt,
    render: ({ state, expiresAt }) => (state === 'expired' ? <State kind="quiet">expired</State> : <Due ends at={expiresAt} />),
  },
  {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) => (
      <Button
        variant="subtle"
        color="gray"
        size="compact-xs"
        onClick={() => take(row)}
        aria-label={`Take back the invitation of ${row.email}`}
      >
        Take back
      </Button>
    ),
  },
]

/** Invitations that nobody accepted yet. */
export const Invitations = () => {
  const pages = usePagesOf(invitation.list, {})
  const [taken, setTaken] = useState<Invitation | null>(null)
  const { run, running, problem, reset } = useCommandOf(invitation.revoke, {
    refresh: [invitation.list],
    done: 'Invitation taken back.',
    onDone: () => setTaken(null),
    explain: { invitation_not_found: 'It was accepted or taken back meanwhile.' },
  })
  return (
    <Section title="Open invitations">
      <Table
        label="Open invitations"
        columns={columns((row) => {
          reset()
          setTaken(row)
        })}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={{
          title: 'No open invitations',
          text: 'People join by an invitation that you send. It works once, for a limited time.',
        }}
      />
      <ConfirmDialog
        opened={taken !== null}
        onClose={() => setTaken(null)}
        title="Take the invitation back?"
        consequences={[`The link sent to ${taken?.email ?? ''} stops working at once.`]}
        undo="You can invite them again."
        verb="Take back"
        danger
        running={running}
        problem={problem}
        onConfirm={() => taken && void run({ id: taken.id })}
      />
    </Section>
  )
}
