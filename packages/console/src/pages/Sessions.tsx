import { PageLink, Section, State, Table, Time, type Column } from '../kit/index.ts'
import { Requester } from './Requester.tsx'
import { laterInWords, sessionEndWords, type Session } from './accessWords.ts'

const End = ({ row }: { row: Session }) => {
  if (row.endedAt === null) return <State kind="good">open</State>
  const later = row.toldAt ? laterInWords(row.toldAt, row.endedAt, 'it was told') : ''
  return (
    <span>
      <Time at={row.endedAt} />
      {later && `, ${later}`}
    </span>
  )
}

const Survivors = ({ count }: { count: number | null }) => {
  if (count === null) return <>not counted</>
  return count === 0 ? <State kind="good">none</State> : <State kind="bad">{count}</State>
}

const who: Column<Session> = { key: 'who', title: 'Who', render: (row) => <Requester of={row} linked /> }
const columns: Column<Session>[] = [
  { key: 'login', title: 'Login', render: (row) => <code>{row.login}</code> },
  { key: 'started', title: 'Began', render: (row) => <Time at={row.startedAt} />, sort: (row) => row.startedAt },
  { key: 'ended', title: 'Ended', render: (row) => <End row={row} />, sort: (row) => row.endedAt },
  {
    key: 'how',
    title: 'How',
    grow: true,
    wide: true,
    render: (row) => (row.endReason ? sessionEndWords[row.endReason] : 'still open'),
  },
  {
    key: 'survivors',
    title: 'Processes left',
    wide: true,
    render: (row) => (row.endedAt ? <Survivors count={row.survivors} /> : ''),
  },
]
const link: Column<Session> = {
  key: 'grant',
  title: 'Grant',
  render: (row) => (
    <PageLink to={`/access/grants/${row.grantId}`} td="underline">
      open
    </PageLink>
  ),
}

interface SessionsProps {
  rows: readonly Session[]
  hostName: string
  /** On a server’s own page: whose, and by which grant. */
  ofHost?: true
}

/** Who is, or was, logged in, as the server tells it. */
export const Sessions = ({ rows, hostName, ofHost }: SessionsProps) => (
  <Section title="Sessions" about={`Logins as ${hostName} reported them, the newest first.`}>
    <Table
      label="Sessions"
      columns={ofHost ? [who, ...columns, link] : columns}
      rows={rows}
      rowKey={(row) => row.id}
      empty={{ title: 'No sessions', text: ofHost ? 'Nobody has logged in by a grant yet.' : 'Nobody has logged in under it.' }}
    />
  </Section>
)
