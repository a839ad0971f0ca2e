import { apiKey, ledger, obligations, policyAcknowledgement, type OutputOf, type PersonId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import {
  Due,
  Id,
  PageLink,
  ReadProblem,
  roleNames,
  Section,
  Table,
  Tag,
  Time,
  usePagesOf,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { ObligationStateOf } from '../obligations.tsx'
import { Entries } from '../Timeline.tsx'

type Obligation = OutputOf<typeof obligations.list>['rows'][number]
type Key = OutputOf<typeof apiKey.list>['rows'][number]

const what: Column<Obligation> = { key: 'what', title: 'What', grow: true, render: (row) => row.label }
const state: Column<Obligation> = { key: 'state', title: 'State', render: (row) => <ObligationStateOf row={row} /> }
const owedColumns: Column<Obligation>[] = [
  what,
  { key: 'todo', title: 'To do', wide: true, render: (row) => row.title },
  { key: 'due', title: 'Due', render: (row) => <Due at={row.dueAt} /> },
  state,
]
const acknowledgedColumns: Column<Obligation>[] = [
  what,
  { key: 'when', title: 'When', render: (row) => <Time at={row.endedAt} /> },
  state,
]

/** What somebody owes, and which policies they acknowledged. */
export const Owed = ({ id }: { id: PersonId }) => {
  const open = usePagesOf(obligations.list, { personId: id, show: 'open' })
  const acknowledged = usePagesOf(obligations.list, { personId: id, show: 'met', kind: policyAcknowledgement.name })
  const shared = { rowKey: (row: Obligation) => row.id, to: (row: Obligation) => `/due/${row.id}` }
  return (
    <>
      <Section title="Due from them">
        <Table
          label="What they owe, the most urgent first"
          columns={owedColumns}
          {...shared}
          {...open}
          retry={open.refetch}
          empty={{ title: 'Nothing is due', text: 'What they are asked to do, by when, appears here.' }}
        />
      </Section>
      <Section title="Policies acknowledged">
        <Table
          label="Policies they acknowledged"
          columns={acknowledgedColumns}
          {...shared}
          {...acknowledged}
          retry={acknowledged.refetch}
          empty={{ title: 'None yet', text: 'A policy asks every member for a signed acknowledgement when it is published.' }}
        />
      </Section>
    </>
  )
}

const keyColumns: Column<Key>[] = [
  { key: 'name', title: 'Name', grow: true, render: ({ name }) => name },
  { key: 'id', title: 'Id', wide: true, render: (row) => <Id value={row.id} what="the key’s id" /> },
  { key: 'role', title: 'At most', render: ({ role }) => <Tag>{roleNames[role]}</Tag> },
  { key: 'used', title: 'Last used', wide: true, render: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
  { key: 'expires', title: 'Runs out', render: ({ expiresAt }) => <Due ends at={expiresAt} soonMs={7 * 86_400_000} /> },
]

/** The keys with which programs act as this person. */
export const Keys = ({ id }: { id: PersonId }) => {
  const keys = usePagesOf(apiKey.list, { personId: id })
  return (
    <Section title="API keys" about="With which programs act as them." action={<PageLink to="/api-keys">All keys</PageLink>}>
      <Table
        label="API keys"
        columns={keyColumns}
        rowKey={(row) => row.id}
        {...keys}
        retry={keys.refetch}
        empty={{ title: 'No API keys', text: 'No program acts as this person.' }}
      />
    </Section>
  )
}

const shownActs = 20

/** The newest entries somebody caused; the audit page has the rest. */
export const Acts = ({ id }: { id: PersonId }) => {
  const acts = useQueryOf(ledger.list, { actor: id, limit: shownActs })
  if (acts.error) return <ReadProblem error={acts.error} retry={() => void acts.refetch()} />
  if (!acts.data) return <Skeleton height={120} />
  return (
    <>
      <Entries entries={acts.data.rows} />
      <p>
        <PageLink to={`/ledger?actor=${id}`}>All they did, in the audit</PageLink>
      </p>
    </>
  )
}
