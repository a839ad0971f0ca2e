import { accessPolicy } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Filters, Page, State, Table, useFilters, useGo, useMay, usePagesOf, type Column } from '../../kit/index.ts'
import { durationInWords } from '../accessWords.ts'
import { useTargetNames } from '../hosts.ts'
import { useRequesterNames } from '../requesterNames.ts'
import { either, peopleInWords, targetsInWords, type Policy } from '../accessRules.ts'

type Naming = (id: string) => string | null

const columnsFor = (personName: Naming, targetName: Naming): Column<Policy>[] => [
  { key: 'name', title: 'Policy', render: (row) => row.name, sort: (row) => row.name },
  { key: 'servers', title: 'Servers or databases', grow: true, render: (row) => targetsInWords(row, targetName) },
  { key: 'logins', title: 'As', wide: true, render: (row) => either(row.logins) },
  { key: 'who', title: 'Who may ask', wide: true, render: (row) => peopleInWords(row.requesters, personName) },
  {
    key: 'max',
    title: 'At most',
    wide: true,
    render: (row) => durationInWords(row.maxSeconds),
    sort: (row) => row.maxSeconds,
  },
  {
    key: 'approvals',
    title: 'Approvals',
    align: 'right',
    wide: true,
    render: (row) => row.approvals,
    sort: (row) => row.approvals,
  },
  {
    key: 'state',
    title: 'State',
    wide: true,
    render: (row) => (row.state === 'active' ? <State kind="good">Active</State> : <State kind="quiet">Retired</State>),
    sort: (row) => row.state,
  },
]

const List = () => {
  const [filters, setFilters] = useFilters(['state'])
  const state = filters.state === 'retired' ? 'retired' : 'active'
  const pages = usePagesOf(accessPolicy.list, { state })
  const columns = columnsFor(useRequesterNames(), useTargetNames())
  const manages = useMay()('access:manage')
  const go = useGo()
  return (
    <>
      <Filters>
        <NativeSelect
          label="State"
          data={[
            { value: '', label: 'Active' },
            { value: 'retired', label: 'Retired' },
          ]}
          value={state === 'retired' ? 'retired' : ''}
          onChange={(event) => setFilters({ state: event.currentTarget.value })}
          w={{ base: '100%', xs: 150 }}
        />
      </Filters>
      <Table
        label="Access policies"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/access/policies/${id}`}
        empty={
          state === 'retired'
            ? { title: 'No access policy was retired', text: 'Retired ones stay readable here.' }
            : {
                title: 'No access policies yet',
                text: 'Until one says so, nobody can ask for any server. Say who may ask for which servers, under which login, for how long, and who approves.',
                action: manages && (
                  <Button variant="default" onClick={() => go('/access/policies/new')}>
                    New access policy
                  </Button>
                ),
              }
        }
      />
    </>
  )
}

/** Who may ask for access to what, and who approves. */
export const AccessPoliciesPage = () => {
  const go = useGo()
  const may = useMay()
  return (
    <Page
      title="Access policies"
      about="Who may ask for which servers, for how long, and who approves. What no policy allows, nobody gets."
      permission="access:read"
      action={
        may('access:manage') && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => go('/access/policies/new')}>
            New access policy
          </Button>
        )
      }
    >
      <List />
    </Page>
  )
}
