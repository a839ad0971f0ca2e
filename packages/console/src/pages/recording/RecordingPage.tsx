import { recording, type RecordingId } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import {
  count,
  Empty,
  Facts,
  Id,
  Page,
  PageLink,
  Progress,
  ReadProblem,
  Section,
  State,
  Time,
  useMay,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { useTargetNames } from '../hosts.ts'
import { Timeline } from '../LazyTimeline.tsx'
import { Requester } from '../Requester.tsx'
import { Integrity } from './Integrity.tsx'
import classes from './recording.module.css'
import { Transcript } from './Transcript.tsx'
import { Transfers } from './Transfers.tsx'
import { useTape, type Loading } from './useTape.ts'
import { clockOf, found, kindWords, opened, stateOf, type Row } from '../recordingWords.ts'

const Player = lazy(async () => ({ default: (await import('./Player.tsx')).Player }))

const RecordingFacts = ({ row }: { row: Row }) => {
  const bastion = useTargetNames()(row.bastionId)
  return (
    <Facts
      rows={[
        ['Who', <Requester key="who" of={row} linked />],
        [
          'Server',
          <PageLink key="server" to={`/servers/${row.hostId}`} td="underline">
            {row.hostName}
          </PageLink>,
        ],
        ['Login', <code key="login">{row.login}</code>],
        [
          'Recorded on',
          <PageLink key="bastion" to={`/servers/${row.bastionId}`} td="underline">
            {bastion ?? 'a bastion'}
          </PageLink>,
        ],
        [
          'Under',
          <PageLink key="grant" to={`/access/grants/${row.grantId}`} td="underline">
            its grant
          </PageLink>,
        ],
        ['Kind', kindWords[row.kind]],
        ...(row.command === null ? [] : [['Command', <code key="command">{row.command}</code>] as const]),
        ['Began', <Time key="began" at={row.startedAt} full />],
        ['Ended', <Time key="ended" at={row.endedAt} full empty="it runs" />],
        ['State', stateOf(row).sentence],
        ...(row.exitCode === null ? [] : [['Exit code', row.exitCode] as const]),
        ['Session', <Id key="session" value={row.sessionId} what="the id of the session" />],
        ['Id', <Id key="id" value={row.id} what="the id of the recording" />],
      ]}
    />
  )
}

/** How far it is here; nothing once it is. */
const Arriving = ({ row, loading }: { row: Row; loading: Loading }) => {
  const { tape, whole, error, retry, rest } = loading
  if (error) return <ReadProblem error={error} sentences={opened} retry={retry} />
  if (whole) return null
  if (!rest) return <Progress label="Loading" done={tape.chunks()} total={row.chunks} unit="parts" />
  return (
    <p className={classes['held']}>
      The first {clockOf(tape.seconds())} are here. The whole recording has {count(row.characters)} characters, which takes a
      while.{' '}
      <Button variant="default" size="xs" onClick={rest}>
        Load the rest
      </Button>
    </p>
  )
}

const Shown = ({ row, loading }: { row: Row; loading: Loading }) => {
  const { tape, version, whole } = loading
  const [wanted, setWanted] = useState<{ seconds: number } | null>(null)
  if (row.kind === 'transfer') return whole || tape.chunks() > 0 ? <Transfers tape={tape} /> : <Skeleton height={160} />
  if (tape.chunks() === 0)
    return whole ? (
      <Empty
        title={row.state === 'running' ? 'Nothing was shown yet' : 'Nothing was shown'}
        text={
          row.state === 'running'
            ? 'What the session shows arrives here within seconds.'
            : 'The session ended without any output.'
        }
      />
    ) : (
      <Skeleton height={320} />
    )
  return (
    <>
      <Section title="As it was shown">
        <Suspense fallback={<Skeleton height={320} />}>
          <Player row={row} tape={tape} wanted={wanted} />
        </Suspense>
      </Section>
      <Transcript tape={tape} version={version} whole={whole} jump={(seconds) => setWanted({ seconds })} />
    </>
  )
}

const Loaded = ({ row }: { row: Row }) => {
  const loading = useTape(row)
  const may = useMay()
  return (
    <>
      <Arriving row={row} loading={loading} />
      <Shown row={row} loading={loading} />
      <Integrity row={row} tape={loading.tape} />
      <Section title="About it">
        <RecordingFacts row={row} />
      </Section>
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about it.">
          <Timeline targets={[row.id]} />
        </Section>
      )}
    </>
  )
}

const everyMs = 3_000

/** One that runs is asked for again and again; one that has ended is as it is. */
const useRecording = (id: RecordingId) => {
  const [running, setRunning] = useState(true)
  const query = useQueryOf(recording.read, { id }, running ? { everyMs } : {})
  if (query.data && (query.data.state === 'running') !== running) setRunning(!running)
  return query
}

/** One recorded session: played, read, searched, and checked (C7). */
export const RecordingPage = () => {
  const id = useParam('id') as RecordingId
  const { data, error, refetch } = useRecording(id)
  const parent = { to: '/recordings', title: 'Recordings' }
  return (
    <Page
      title={data ? `${data.login} on ${data.hostName}` : 'Recording'}
      parent={parent}
      permission="recording:read"
      {...(data && {
        badge: <State kind={stateOf(data).kind}>{stateOf(data).word}</State>,
        about: data.kind === 'command' ? <code className={classes['command']}>{data.command}</code> : kindWords[data.kind],
      })}
    >
      {data ? (
        <Loaded key={data.id} row={data} />
      ) : error ? (
        <ReadProblem error={error} sentences={found} retry={() => void refetch()} />
      ) : (
        <Skeleton height={320} />
      )}
    </Page>
  )
}
