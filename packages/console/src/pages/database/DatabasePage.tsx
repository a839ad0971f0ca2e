import { database, type DatabaseId } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import {
  Facts,
  Id,
  lazyDialog,
  Page,
  PageLink,
  ProblemNotice,
  ReadProblem,
  Section,
  Table,
  Tag,
  Time,
  useCommandOf,
  useDo,
  useGo,
  useMay,
  useParam,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { databaseAnswers } from '../accessAnswers.ts'
import { durationInWords } from '../accessWords.ts'
import { Timeline } from '../LazyTimeline.tsx'
import { WhoMayAsk } from '../WhoMayAsk.tsx'
import { StandingOf } from './DatabasesPage.tsx'
import { refused, standingOf, type Row } from './words.ts'

const AdministratorDialog = lazyDialog(async () => (await import('./DatabaseDialogs.tsx')).AdministratorDialog)
const RetireDialog = lazyDialog(async () => (await import('./DatabaseDialogs.tsx')).RetireDialog)

type Profile = Row['profiles'][number]

const profileColumns: Column<Profile>[] = [
  { key: 'name', title: 'Profile', render: ({ name }) => <code>{name}</code> },
  { key: 'group', title: 'Group role', grow: true, render: ({ groupRole }) => <code>{groupRole}</code> },
  {
    key: 'owned',
    title: 'What its roles made',
    wide: true,
    render: ({ owned }) => (owned === 'drop' ? 'goes with them' : 'is left to the group'),
  },
  { key: 'limit', title: 'Connections', align: 'right', wide: true, render: ({ connectionLimit }) => connectionLimit },
  {
    key: 'statement',
    title: 'Statement for at most',
    wide: true,
    render: ({ statementTimeoutSeconds }) => durationInWords(statementTimeoutSeconds),
  },
]

const DatabaseFacts = ({ row }: { row: Row }) => (
  <Facts
    rows={[
      ['Environment', <Tag key="environment">{row.environment}</Tag>],
      ['Labels', row.labels.join(', ') || 'none'],
      ['Address', <code key="address">{`${row.address}, port ${row.port}`}</code>],
      ['Database', <code key="database">{row.database}</code>],
      ['Administrator', <code key="administrator">{row.administrator}</code>],
      ['Certificate', row.authority === null ? 'of one of the system’s authorities' : 'of the authority that is registered'],
      ['Last tried', <Time key="tried" at={row.checkedAt} full />],
      [
        'Roles now',
        <PageLink key="roles" to={`/access?whose=all&database=${row.id}`} td="underline">
          {row.openRoles === 0 ? 'none; see who had one' : `${row.openRoles}; see whose`}
        </PageLink>,
      ],
      ...(row.unprovedRoles > 0 ? [['Never proved gone', row.unprovedRoles] as const] : []),
      ['Registered', <Time key="created" at={row.createdAt} full />],
      ...(row.retiredAt ? [['Retired', <Time key="retired" at={row.retiredAt} full />] as const] : []),
      ['Id', <Id key="id" value={row.id} what="the id of the database" />],
    ]}
  />
)

const Acts = ({ row }: { row: Row }) => {
  const go = useGo()
  const may = useMay()
  const administrator = useDo('administrator')
  const retire = useDo('retire')
  const test = useCommandOf(database.test, { refresh: databaseAnswers, done: 'Tried.', explain: refused })
  const active = row.state === 'active'
  return (
    <>
      {active && may('access:request') && (
        <Button onClick={() => go(`/access?do=request&database=${row.id}`)}>Ask for access</Button>
      )}
      {may('database:manage') && active && (
        <Button variant="default" loading={test.running} onClick={() => void test.run({ id: row.id })}>
          Try it
        </Button>
      )}
      {may('database:manage') && (active || row.openRoles > 0) && (
        <Button variant="default" onClick={administrator.open}>
          Change the administrator
        </Button>
      )}
      {may('database:manage') && active && (
        <Button variant="default" c="var(--hf-bad)" onClick={retire.open}>
          Retire
        </Button>
      )}
      <ProblemNotice problem={test.problem} />
      <AdministratorDialog row={row} opened={administrator.opened} onClose={administrator.close} />
      <RetireDialog row={row} opened={retire.opened} onClose={retire.close} />
    </>
  )
}

/** One registered database: how it stands, what can be asked for, and who may. */
export const DatabasePage = () => {
  const id = useParam('id') as DatabaseId
  const { data, error, refetch } = useQueryOf(database.read, { id }, { everyMs: 10_000 })
  const may = useMay()
  const parent = { to: '/databases', title: 'Databases' }
  if (!data)
    return (
      <Page title="Database" parent={parent} permission="database:read">
        {error ? <ReadProblem error={error} sentences={refused} retry={() => void refetch()} /> : <Skeleton height={240} />}
      </Page>
    )
  return (
    <Page
      title={data.name}
      about={standingOf(data).why}
      parent={parent}
      badge={<StandingOf row={data} />}
      permission="database:read"
      action={<Acts row={data} />}
    >
      <DatabaseFacts row={data} />
      <Section title="Profiles" about="What people can ask for. They are fixed: an approval is for what they mean.">
        <Table
          label="Profiles"
          columns={profileColumns}
          rows={data.profiles}
          rowKey={({ name }) => name}
          empty={{ title: 'No profiles', text: 'Nothing can be asked for.' }}
        />
      </Section>
      {data.state === 'active' && <WhoMayAsk target={{ kind: 'database', ...data }} />}
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about this database.">
          <Timeline targets={[data.id]} of={data} />
        </Section>
      )}
    </Page>
  )
}
