import { database } from '@holdfast/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconDatabasePlus } from '@tabler/icons-react'
import {
  Filters,
  lazyDialog,
  Page,
  PageLink,
  State,
  Table,
  Tag,
  Time,
  useDo,
  useFilters,
  useMay,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'
import { standingOf, type Row } from './words.ts'

const RegisterDialog = lazyDialog(async () => (await import('./RegisterDialog.tsx')).RegisterDialog)

export const StandingOf = ({ row }: { row: Row }) => {
  const { kind, word } = standingOf(row)
  return <State kind={kind}>{word}</State>
}

const columns: Column<Row>[] = [
  { key: 'name', title: 'Name', grow: true, render: (row) => row.name, sort: (row) => row.name },
  { key: 'standing', title: 'Standing', render: (row) => <StandingOf row={row} />, sort: (row) => standingOf(row).word },
  { key: 'environment', title: 'Environment', render: (row) => <Tag>{row.environment}</Tag>, sort: (row) => row.environment },
  { key: 'profiles', title: 'Profiles', wide: true, render: (row) => row.profiles.map(({ name }) => name).join(', ') },
  { key: 'roles', title: 'Roles now', align: 'right', wide: true, render: (row) => row.openRoles, sort: (row) => row.openRoles },
  { key: 'tried', title: 'Last tried', wide: true, render: (row) => <Time at={row.checkedAt} />, sort: (row) => row.checkedAt },
]

const isState = (value: string | undefined): value is Row['state'] => value === 'active' || value === 'retired'

const List = ({ register }: { register: () => void }) => {
  const [{ search, state }, setFilters] = useFilters(['search', 'state'])
  const later = useDebouncedCallback(setFilters, 250)
  const input = { ...(search && { search: search.slice(0, 63) }), ...(isState(state) && { state }) }
  const pages = usePagesOf(database.list, input, { everyMs: 15_000 })
  const manages = useMay()('database:manage')
  return (
    <>
      <Filters>
        <TextInput
          type="search"
          label="Search"
          placeholder="Name"
          defaultValue={search ?? ''}
          onChange={(event) => later({ search: event.currentTarget.value })}
          w={{ base: '100%', xs: 200 }}
        />
        <NativeSelect
          label="State"
          data={[
            { value: '', label: 'Any' },
            { value: 'active', label: 'Active' },
            { value: 'retired', label: 'Retired' },
          ]}
          value={state ?? ''}
          onChange={(event) => setFilters({ state: event.currentTarget.value })}
          w={{ base: '100%', xs: 150 }}
        />
      </Filters>
      <Table
        label="Databases"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/databases/${id}`}
        empty={
          Object.keys(input).length > 0
            ? {
                title: 'No database matches',
                text: 'Change or clear the filters above.',
                action: <PageLink to="/databases">Show all databases</PageLink>,
              }
            : {
                title: 'No databases yet',
                text: 'Register a PostgreSQL database: from then on people ask for it, get a role of their own, and lose it on time.',
                action: manages && (
                  <Button variant="default" onClick={register}>
                    Register a database
                  </Button>
                ),
              }
        }
      />
    </>
  )
}

/** Registered databases: which there are, and whether each can be worked with (C6). */
export const DatabasesPage = () => {
  const register = useDo('register')
  const may = useMay()
  return (
    <Page
      title="Databases"
      about="PostgreSQL databases that people get a role in for a time. The role is made for the grant and ends with it."
      permission="database:read"
      action={
        may('database:manage') && (
          <Button leftSection={<IconDatabasePlus size={16} aria-hidden />} onClick={register.open}>
            Register a database
          </Button>
        )
      }
    >
      <List register={register.open} />
      {may('database:manage') && <RegisterDialog opened={register.opened} onClose={register.close} />}
    </Page>
  )
}
