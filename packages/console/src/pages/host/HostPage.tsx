import { host, type HostId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import {
  Facts,
  Hash,
  Id,
  Page,
  ReadProblem,
  Section,
  State,
  Table,
  Tag,
  Time,
  useMay,
  useParam,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { Sessions } from '../Sessions.tsx'
import { Timeline } from '../LazyTimeline.tsx'
import { HostMenu } from './HostMenu.tsx'
import { Labels, StandingOf } from './HostBits.tsx'
import { WhoMayAsk } from '../WhoMayAsk.tsx'
import { skewWords, standingOf, whenStaleWords, type Detail } from './words.ts'

type Refused = Detail['refusals'][number]

/** What sshd there honours beside our certificates. */
const OtherWays = ({ sshd }: Pick<Detail, 'sshd'>) => {
  if (!sshd) return <>not known: its agent has not said</>
  const when = (
    <>
      sshd was asked about {sshd.accounts} accounts, <Time at={sshd.checkedAt} />
    </>
  )
  if (sshd.ways.length === 0)
    return (
      <span>
        <State kind="good">none</State>, {when}
      </span>
    )
  return (
    <div>
      <State kind="bad">open</State>, {when}
      {sshd.ways.map((way) => (
        <div key={way}>
          <code style={{ overflowWrap: 'anywhere' }}>{way}</code>
        </div>
      ))}
    </div>
  )
}

const HostFacts = ({ detail }: { detail: Detail }) => (
  <Facts
    rows={[
      ['Environment', <Tag key="environment">{detail.environment}</Tag>],
      ['Labels', detail.labels.length > 0 ? <Labels key="labels" labels={detail.labels} /> : 'none'],
      ['Address', <code key="address">{`${detail.address}${detail.port === 22 ? '' : `, port ${detail.port}`}`}</code>],
      ['Last seen', <Time key="seen" at={detail.lastSeenAt} full />],
      [
        'Knows the change',
        detail.acknowledged === null ? (
          'none yet'
        ) : (
          <span key="acknowledged">
            {detail.acknowledged}, since <Time at={detail.acknowledgedAt} full />
          </span>
        ),
      ],
      ['Cut off from us, it', whenStaleWords[detail.whenStale].toLowerCase()],
      ['Its clock', detail.clockSkewSeconds === null ? 'not known: its agent has not said' : skewWords(detail.clockSkewSeconds)],
      ['Agent', detail.agentVersion ?? 'none'],
      ...(detail.recorderLogin === null
        ? []
        : [['Records sessions as', <code key="recorder">{detail.recorderLogin}</code>] as const]),
      ['Other ways in', <OtherWays key="ways" sshd={detail.sshd} />],
      ['Host key', <Hash key="key" value={detail.hostKeyFingerprint} what="the fingerprint of the host key" />],
      ['Registered', <Time key="created" at={detail.createdAt} full />],
      ...(detail.enrolledAt ? [['Enrolled', <Time key="enrolled" at={detail.enrolledAt} full />] as const] : []),
      ...(detail.retiredAt ? [['Retired', <Time key="retired" at={detail.retiredAt} full />] as const] : []),
      ['Id', <Id key="id" value={detail.id} what="the id of the server" />],
    ]}
  />
)

const refusedColumns: Column<Refused>[] = [
  { key: 'why', title: 'Why', grow: true, render: (row) => row.reason },
  { key: 'login', title: 'Login', render: (row) => (row.login ? <code>{row.login}</code> : '') },
  {
    key: 'key',
    title: 'Certificate',
    wide: true,
    render: (row) => (row.keyId ? <Hash value={row.keyId} what="the key id" /> : ''),
  },
  { key: 'at', title: 'When', render: (row) => <Time at={row.at} />, sort: (row) => row.at },
]

const Refusals = ({ detail }: { detail: Detail }) => (
  <Section title="Refused logins" about="Who was turned away at the door, and why, the newest first.">
    <Table
      label="Refused logins"
      columns={refusedColumns}
      rows={detail.refusals}
      rowKey={(row) => `${row.at} ${row.keyId ?? ''} ${row.reason}`}
      empty={{ title: 'No refused logins', text: 'The server has reported none.' }}
    />
  </Section>
)

/** One server: how it stands, who is on it, who was refused, who may ask for it. */
export const HostPage = () => {
  const id = useParam('id') as HostId
  const { data, error, refetch } = useQueryOf(host.read, { id }, { everyMs: 10_000 })
  const may = useMay()
  const parent = { to: '/servers', title: 'Servers' }
  if (!data)
    return (
      <Page title="Server" parent={parent} permission="host:read">
        {error ? (
          <ReadProblem error={error} sentences={{ host_not_found: 'There is no such server.' }} retry={() => void refetch()} />
        ) : (
          <Skeleton height={240} />
        )}
      </Page>
    )
  return (
    <Page
      title={data.name}
      about={standingOf(data).why}
      parent={parent}
      badge={<StandingOf row={data} />}
      permission="host:read"
      action={<HostMenu detail={data} />}
    >
      <HostFacts detail={data} />
      <WhoMayAsk target={{ kind: 'host', ...data }} />
      <Sessions rows={data.sessions} hostName={data.name} ofHost />
      <Refusals detail={data} />
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about this server.">
          <Timeline targets={[data.id]} />
        </Section>
      )}
    </Page>
  )
}
