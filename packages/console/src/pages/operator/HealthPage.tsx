import { operator, type OutputOf } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { count, Facts, Page, ReadProblem, Section, State, Table, Time, useQueryOf, type Column } from '../../kit/index.ts'
import { latencyInWords, loadOf, millisecondsInWords } from './health.ts'
import classes from './operator.module.css'

type Health = OutputOf<typeof operator.health>
type Part = Health['parts'][number]

const columns: Column<Part>[] = [
  { key: 'name', title: 'Part', render: (row) => row.name },
  {
    key: 'ok',
    title: 'State',
    render: (row) => <State kind={row.ok ? 'good' : 'bad'}>{row.ok ? 'Works' : 'Does not work'}</State>,
  },
  { key: 'detail', title: 'Detail', grow: true, render: (row) => row.detail },
  { key: 'latency', title: 'Answers in', align: 'right', wide: true, render: (row) => latencyInWords(row.latencyMs) },
]

const Verdict = ({ parts }: { parts: readonly Part[] }) => {
  const broken = parts.filter(({ ok }) => !ok)
  if (broken.length === 0) return <State kind="good">{`All ${parts.length} parts work`}</State>
  return (
    <State kind="bad">{`${broken.map(({ name }) => name).join(', ')} ${broken.length === 1 ? 'does' : 'do'} not work`}</State>
  )
}

const Body = () => {
  const health = useQueryOf(operator.health, {}, { everyMs: 5_000 })
  const { data } = health
  if (health.error && !data) return <ReadProblem error={health.error} retry={() => void health.refetch()} />
  if (!data) return <Skeleton height={280} />
  const load = loadOf(data)
  return (
    <>
      <div className={classes['verdict']} role="status">
        <Verdict parts={data.parts} />
        <span className={classes['quiet']}>asked again every 5 s</span>
      </div>
      {health.error && <ReadProblem error={health.error} />}
      <Table
        label="Parts"
        columns={columns}
        rows={data.parts}
        rowKey={(row) => row.name}
        empty={{ title: 'No parts', text: 'The server reported none.' }}
      />
      <Section title="Load" about="Since this process started.">
        <Facts
          rows={[
            ['Requests served', count(data.requests.served)],
            [
              'Turned away, busy',
              <span key="shed" className={classes['pair']}>
                {count(data.requests.shed)}
                {data.requests.shed > 0 && <State kind={load.shed}>answered 503 so that the others were served</State>}
              </span>,
            ],
            ['Turned away, too many', count(data.requests.limited)],
            [
              'Slowest 1 in 100',
              <span key="p99" className={classes['pair']}>
                {data.requests.p99Ms === null ? 'not measured yet' : millisecondsInWords(data.requests.p99Ms)}
                {load.p99 && <State kind={load.p99.kind}>{load.p99.words}</State>}
              </span>,
            ],
            [
              'Event loop delay',
              <span key="delay" className={classes['pair']}>
                {millisecondsInWords(data.eventLoopDelayMs)}
                {load.delay && <State kind={load.delay.kind}>{load.delay.words}</State>}
              </span>,
            ],
            ['Memory', `${Math.round(data.memoryMb)} MB resident`],
          ]}
        />
      </Section>
      <Section title="This installation">
        <Facts
          rows={[
            ['Version', data.version],
            ['Node.js', data.node],
            ['Started', <Time key="started" at={data.startedAt} full />],
          ]}
        />
      </Section>
    </>
  )
}

/** Whether the installation works, part by part. */
export const HealthPage = () => (
  <Page
    title="Health"
    about="Whether every part of this installation works, and how much it has to do."
    permission="operator:read"
  >
    <Body />
  </Page>
)
