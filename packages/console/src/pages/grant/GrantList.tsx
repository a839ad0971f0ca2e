import { DatabaseId, grant, HostId, PersonId, serviceAccount, ServiceAccountId } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import type { ReactNode } from 'react'
import {
  Filters,
  lazyDialog,
  Table,
  Tag,
  Time,
  useDo,
  useFilters,
  useMay,
  useMembers,
  useCalm,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'
import { useEveryRowOf } from '../everyRow.ts'
import { useDatabases, useHosts } from '../hosts.ts'
import { Requester } from '../Requester.tsx'
import classes from './grant.module.css'
import { GrantStateOf, Until } from './GrantBits.tsx'
import { durationInWords } from '../accessWords.ts'
import { nameOf, isState, stateOptions, type Row } from '../grantWords.ts'

const RevokeAllDialog = lazyDialog(async () => (await import('./RevokeAllDialog.tsx')).RevokeAllDialog)

/** May break into lines on a phone, where the columns would not stand beside each other. */
const Narrow = ({ children }: { children: ReactNode }) => <span className={classes['narrow']}>{children}</span>

const columnsFor = (everybody: boolean): Column<Row>[] => [
  { key: 'what', title: 'What', grow: true, render: nameOf, sort: nameOf },
  ...(everybody
    ? [
        {
          key: 'who',
          title: 'Who',
          render: (row: Row) => (
            <Narrow>
              <Requester of={row} />
            </Narrow>
          ),
        } satisfies Column<Row>,
      ]
    : []),
  {
    key: 'state',
    title: 'State',
    render: (row) => (
      <Narrow>
        <GrantStateOf row={row} />
      </Narrow>
    ),
    sort: (row) => row.state,
  },
  { key: 'until', title: 'Until', wide: true, render: (row) => <Until row={row} />, sort: (row) => row.endsAt },
  { key: 'for', title: 'Asked for', wide: true, render: (row) => durationInWords(row.seconds), sort: (row) => row.seconds },
  { key: 'environment', title: 'Environment', wide: true, render: (row) => <Tag>{row.environment}</Tag> },
  { key: 'at', title: 'When', wide: true, render: (row) => <Time at={row.requestedAt} />, sort: (row) => row.requestedAt },
]

const useWanted = () => {
  const [filters, setFilters] = useFilters(['whose', 'state', 'host', 'database', 'who'])
  const oversees = useMay()('access:oversee')
  const host = HostId.safeParse(filters.host).data
  const database = host ? undefined : DatabaseId.safeParse(filters.database).data
  const person = oversees ? PersonId.safeParse(filters.who).data : undefined
  const account = oversees ? ServiceAccountId.safeParse(filters.who).data : undefined
  const state = isState(filters.state) ? filters.state : undefined
  const everybody = oversees && filters.whose === 'all'
  return { setFilters, oversees, host, database, person, account, state, everybody }
}
type Wanted = ReturnType<typeof useWanted>

interface Named {
  id: string
  name: string
}
const optionsOf = (rows: readonly Named[]) => rows.map(({ id, name }) => ({ value: id, label: name }))

/** Servers and databases in one list; grouped where there are both. */
const TargetField = ({ wanted: { setFilters, host, database } }: { wanted: Wanted }) => {
  const hosts = optionsOf(useHosts().rows ?? [])
  const databases = optionsOf(useDatabases().rows ?? [])
  const both = [
    { group: 'Servers', items: hosts },
    { group: 'Databases', items: databases },
  ]
  return (
    <NativeSelect
      label={databases.length > 0 ? 'Server or database' : 'Server'}
      data={[{ value: '', label: 'Any' }, ...(databases.length > 0 ? both : hosts)]}
      value={host ?? database ?? ''}
      onChange={({ currentTarget: { value } }) => {
        const isDatabase = DatabaseId.safeParse(value).success
        setFilters({ host: isDatabase ? undefined : value, database: isDatabase ? value : undefined })
      }}
      w={{ base: '100%', xs: 190 }}
    />
  )
}

/** People and service accounts in one list. */
const WhoField = ({ wanted: { setFilters, person, account } }: { wanted: Wanted }) => {
  const people = optionsOf(useMembers() ?? [])
  const accounts = optionsOf(useEveryRowOf(serviceAccount.list, { show: 'all' }).rows ?? [])
  const both = [
    { group: 'People', items: people },
    { group: 'Service accounts', items: accounts },
  ]
  return (
    <NativeSelect
      label="Who"
      data={[{ value: '', label: 'Anybody' }, ...(accounts.length > 0 ? both : people)]}
      value={person ?? account ?? ''}
      onChange={(event) => setFilters({ who: event.currentTarget.value })}
      w={{ base: '100%', xs: 190 }}
    />
  )
}

const Fields = ({ wanted }: { wanted: Wanted }) => {
  const { setFilters, oversees, state, everybody } = wanted
  return (
    <Filters>
      {oversees && (
        <NativeSelect
          label="Whose"
          data={[
            { value: '', label: 'Mine' },
            { value: 'all', label: 'Everybody’s' },
          ]}
          value={everybody ? 'all' : ''}
          onChange={(event) => setFilters({ whose: event.currentTarget.value, who: undefined })}
          w={{ base: '100%', xs: 140 }}
        />
      )}
      {everybody && <WhoField wanted={wanted} />}
      <NativeSelect
        label="State"
        data={[{ value: '', label: 'Any' }, ...stateOptions]}
        value={state ?? ''}
        onChange={(event) => setFilters({ state: event.currentTarget.value })}
        w={{ base: '100%', xs: 180 }}
      />
      <TargetField wanted={wanted} />
    </Filters>
  )
}

/** One’s own grants and requests; for whoever oversees access, everybody’s, with filters. */
export const GrantList = ({ ask }: { ask: () => void }) => {
  const wanted = useWanted()
  const { everybody, host, database, person, account, state } = wanted
  const end = useDo('revoke-all')
  const mayEnd = useMay()('access:manage')
  const pages = usePagesOf(
    grant.list,
    {
      show: everybody ? 'all' : 'mine',
      ...(state && { state }),
      ...(host && { hostId: host }),
      ...(database && { databaseId: database }),
      ...(everybody && person && { personId: person }),
      ...(everybody && account && { serviceAccountId: account }),
    },
    { everyMs: useCalm(15_000) },
  )
  const filtered =
    state !== undefined || host !== undefined || database !== undefined || (everybody && (person ?? account) !== undefined)
  return (
    <>
      <Fields wanted={wanted} />
      {mayEnd && everybody && (person ?? account) && (
        <div>
          <Button variant="default" size="xs" onClick={end.open}>
            End all access of this {person ? 'person' : 'service account'}
          </Button>
          <RevokeAllDialog personId={person} serviceAccountId={account} opened={end.opened} onClose={end.close} />
        </div>
      )}
      <Table
        label="Grants and requests"
        columns={columnsFor(everybody)}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/access/grants/${id}`}
        empty={
          filtered
            ? { title: 'Nothing matches', text: 'Change or clear the filters above.' }
            : {
                title: everybody ? 'Nobody has asked for access yet' : 'You have asked for no access yet',
                text: 'Name a server or a database, as whom, how long and why. Somebody else approves it, and one command lets you in until the time is over.',
                action: (
                  <Button variant="default" onClick={ask}>
                    Ask for access
                  </Button>
                ),
              }
        }
      />
    </>
  )
}
