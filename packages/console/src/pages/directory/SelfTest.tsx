import { Button } from '@mantine/core'
import { directory, type OutputOf } from '@holdfast/contract'
import { ProblemNotice, Section, State, Table, Time, useCommandOf, useMay, useQueryOf, type Column } from '../../kit/index.ts'
import { notSetUp } from './words.ts'

type Step = NonNullable<OutputOf<typeof directory.test>['test']>['steps'][number]

const columns: Column<Step>[] = [
  { key: 'name', title: 'Step', grow: true, render: ({ name }) => name },
  {
    key: 'passed',
    title: 'Result',
    render: ({ passed }) => <State kind={passed ? 'good' : 'bad'}>{passed ? 'Passed' : 'Failed'}</State>,
  },
  { key: 'status', title: 'Answer', align: 'right', render: ({ status }) => status ?? 'none' },
  { key: 'took', title: 'Took', align: 'right', wide: true, render: ({ milliseconds }) => `${milliseconds} ms` },
  { key: 'detail', title: 'Detail', wide: true, render: ({ detail }) => detail },
]

export const SelfTest = () => {
  const owner = useMay()('directory:manage')
  const last = useQueryOf(directory.test, {}, { everyMs: 3_000 })
  const start = useCommandOf(directory.startTest, {
    refresh: [directory.test],
    done: 'The test has begun.',
    explain: {
      directory_not_found: notSetUp,
      directory_disabled: 'Enable the connection first.',
      test_running: 'A test is running. Wait for it.',
    },
  })
  const test = last.data?.test
  const running = test !== null && test !== undefined && test.endedAt === null
  return (
    <Section
      title="Test"
      about="Makes a marked user over HTTPS, as your directory would, finds, changes, switches off and removes them. Nobody else is touched."
      action={
        owner && (
          <Button variant="default" size="xs" loading={start.running} disabled={running} onClick={() => void start.run({})}>
            Run the test
          </Button>
        )
      }
    >
      <ProblemNotice problem={start.problem} />
      {test && (
        <p>
          {running ? 'Running since ' : 'Ended '}
          <Time at={test.endedAt ?? test.startedAt} />
        </p>
      )}
      <Table
        label="Steps of the last test"
        columns={columns}
        rows={test?.steps ?? (last.data ? [] : undefined)}
        rowKey={({ name }) => name}
        empty={{ title: running ? 'Running' : 'Not tested yet', text: 'The steps show here when the test is over.' }}
      />
    </Section>
  )
}
