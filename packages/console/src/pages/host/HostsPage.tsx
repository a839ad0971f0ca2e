import { Environment, host, Label } from '@holdfast/contract'
import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconServerBolt } from '@tabler/icons-react'
import {
  Filters,
  lazyDialog,
  Page,
  PageLink,
  Table,
  Tag,
  Time,
  useDo,
  useFilters,
  useMay,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'
import { Labels, StandingOf } from './HostBits.tsx'
import { isHostState, standingOf, stateOptions, type Row } from './words.ts'

const RegisterDialog = lazyDialog(async () => (await import('./RegisterDialog.tsx')).RegisterDialog)

const columns: Column<Row>[] = [
  { key: 'name', title: 'Name', grow: true, render: (row) => row.name, sort: (row) => row.name },
  { key: 'standing', title: 'Standing', render: (row) => <StandingOf row={row} />, sort: (row) => standingOf(row).word },
  { key: 'environment', title: 'Environment', render: (row) => <Tag>{row.environment}</Tag>, sort: (row) => row.environment },
  { key: 'labels', title: 'Labels', wide: true, render: (row) => <Labels labels={row.labels} /> },
  {
    key: 'sessions',
    title: 'Sessions now',
    align: 'right',
    wide: true,
    render: (row) => row.liveSessions,
    sort: (row) => row.liveSessions,
  },
  { key: 'seen', title: 'Last seen', wide: true, render: (row) => <Time at={row.lastSeenAt} />, sort: (row) => row.lastSeenAt },
]

const useWanted = () => {
  const [filters, setFilters] = useFilters(['search', 'environment', 'label', 'state'])
  const input = {
    ...(filters.search && { search: filters.search.slice(0, 63) }),
    ...(Environment.safeParse(filters.environment).success && { environment: filters.environment ?? '' }),
    ...(Label.safeParse(filters.label).success && { label: filters.label ?? '' }),
    ...(isHostState(filters.state) && { state: filters.state }),
  }
  return { filters, setFilters, input }
}

const Fields = ({ filters, setFilters }: Pick<ReturnType<typeof useWanted>, 'filters' | 'setFilters'>) => {
  const later = useDebouncedCallback(setFilters, 250)
  return (
    <Filters>
      <TextInput
        type="search"
        label="Search"
        placeholder="Name"
        defaultValue={filters.search ?? ''}
        onChange={(event) => later({ search: event.currentTarget.value })}
        w={{ base: '100%', xs: 200 }}
      />
      <TextInput
        label="Environment"
        placeholder="production"
        defaultValue={filters.environment ?? ''}
        onChange={(event) => later({ environment: event.currentTarget.value })}
        w={{ base: '100%', xs: 150 }}
      />
      <TextInput
        label="Label"
        placeholder="team=data"
        defaultValue={filters.label ?? ''}
        onChange={(event) => later({ label: event.currentTarget.value })}
        w={{ base: '100%', xs: 150 }}
      />
      <NativeSelect
        label="State"
        data={[{ value: '', label: 'Any' }, ...stateOptions]}
        value={filters.state ?? ''}
        onChange={(event) => setFilters({ state: event.currentTarget.value })}
        w={{ base: '100%', xs: 150 }}
      />
    </Filters>
  )
}

const List = ({ register }: { register: () => void }) => {
  const { filters, setFilters, input } = useWanted()
  const pages = usePagesOf(host.list, input, { everyMs: 15_000 })
  const manages = useMay()('host:manage')
  const filtered = Object.keys(input).length > 0
  return (
    <>
      <Fields filters={filters} setFilters={setFilters} />
      <Table
        label="Servers"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/servers/${id}`}
        empty={
          filtered
            ? {
                title: 'No server matches',
                text: 'Change or clear the filters above.',
                action: <PageLink to="/servers">Show all servers</PageLink>,
              }
            : {
                title: 'No servers yet',
                text: 'Register a server, then run one command on it: from then on nobody logs in there without a grant, and every grant ends on time.',
                action: manages && (
                  <Button variant="default" onClick={register}>
                    Register a server
                  </Button>
                ),
              }
        }
      />
    </>
  )
}

/** Managed servers: which there are, and how far each is up to date (C6). */
export const HostsPage = () => {
  const register = useDo('register')
  const may = useMay()
  return (
    <Page
      title="Servers"
      about="Machines whose logins are given by grants. Each has an agent that lets in, warns, and ends sessions on time."
      permission="host:read"
      action={
        <Group gap="xs">
          <PageLink to="/servers/authorities" td="underline">
            SSH authorities
          </PageLink>
          {may('host:manage') && (
            <Button leftSection={<IconServerBolt size={16} aria-hidden />} onClick={register.open}>
              Register a server
            </Button>
          )}
        </Group>
      }
    >
      <List register={register.open} />
      {may('host:manage') && <RegisterDialog opened={register.opened} onClose={register.close} />}
    </Page>
  )
}
