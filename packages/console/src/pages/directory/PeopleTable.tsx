import { directory } from '@holdfast/contract'
import { roleNames, Section, State, Table, Tag, Time, usePagesOf, type Column } from '../../kit/index.ts'
import { personStates, type PersonRow } from './words.ts'

const givers = { person: 'by a person', directory: 'by the directory' } as const

const columns: Column<PersonRow>[] = [
  { key: 'name', title: 'Name', grow: true, render: ({ name, userName }) => name || userName },
  { key: 'userName', title: 'User name', wide: true, render: ({ userName }) => userName },
  {
    key: 'state',
    title: 'State',
    render: ({ state }) => <State kind={personStates[state].kind}>{personStates[state].word}</State>,
  },
  { key: 'role', title: 'Role', render: ({ role }) => (role === null ? '' : <Tag>{roleNames[role]}</Tag>) },
  { key: 'by', title: 'Given', wide: true, render: ({ roleBy }) => (roleBy === null ? '' : givers[roleBy]) },
  { key: 'at', title: 'Changed', wide: true, render: ({ changedAt }) => <Time at={changedAt} /> },
]

export const PeopleTable = () => {
  const pages = usePagesOf(directory.people, {})
  return (
    <Section
      title="People"
      about="Who comes from the directory. In domains you have proved they are in at once; others accept an invitation."
    >
      <Table
        label="People of the directory"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={{ title: 'Nobody yet', text: 'People show here once the directory has sent them.' }}
      />
    </Section>
  )
}
