import { policy, PolicyState } from '@holdfast/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconFilePlus } from '@tabler/icons-react'
import {
  Due,
  Filters,
  Page,
  PageLink,
  State,
  Table,
  useFilters,
  useGo,
  useMay,
  usePagesOf,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import { Duties } from './Duties.tsx'
import { Acknowledged, PolicyStateOf, stateWord } from './PolicyBits.tsx'
import type { PolicyRow } from './steps.ts'

const monthMs = 30 * 86_400_000

const Duty = ({ row }: { row: PolicyRow }) => {
  if (row.publishedVersion === null || row.retired) return null
  return row.acknowledgedByMe ? <State kind="good">Acknowledged</State> : <State kind="warn">To acknowledge</State>
}

const columns: Column<PolicyRow>[] = [
  { key: 'title', title: 'Policy', grow: true, render: (row) => row.title, sort: (row) => row.title },
  { key: 'state', title: 'State', render: (row) => <PolicyStateOf policy={row} />, sort: (row) => row.latestState },
  { key: 'duty', title: 'You', render: (row) => <Duty row={row} />, sort: (row) => (row.acknowledgedByMe ? 1 : 0) },
  {
    key: 'acknowledged',
    title: 'Acknowledged',
    wide: true,
    render: (row) => <Acknowledged policy={row} />,
    sort: (row) => (row.members === 0 ? null : row.acknowledged / row.members),
  },
  {
    key: 'review',
    title: 'Review',
    wide: true,
    render: (row) => (row.retired ? null : <Due at={row.nextReviewOn} soonMs={monthMs} empty="after publishing" />),
    sort: (row) => row.nextReviewOn,
  },
  { key: 'owner', title: 'Owner', wide: true, render: (row) => <PersonName id={row.ownerId} /> },
]

const states = PolicyState.options.map((value) => ({ value, label: stateWord(value) }))
const dues = [
  { value: 'me', label: 'Waits for me' },
  { value: 'review', label: 'Review due' },
]

/** Written security policies (H4): where each stands, who has acknowledged it, what waits for the reader. */
export const PoliciesPage = () => {
  const [filters, setFilters] = useFilters(['search', 'state', 'due'])
  const search = useDebouncedCallback((text: string) => setFilters({ search: text }), 250)
  const state = PolicyState.safeParse(filters.state).data
  const due = (['me', 'review'] as const).find((value) => value === filters.due)
  const input = { ...(filters.search && { search: filters.search }), ...(state && { state }), ...(due && { due }) }
  const { rows, ...pages } = usePagesOf(policy.list, input)
  const mine = useQueryOf(policy.list, { due: 'me', limit: 100 })
  const may = useMay()
  const go = useGo()
  const start = may('policy:write') && (
    <Button leftSection={<IconFilePlus size={16} aria-hidden />} onClick={() => go('/policies/new')}>
      New policy
    </Button>
  )
  const filtered = Object.keys(input).length > 0
  return (
    <Page
      title="Policies"
      about="What the organisation has decided to do, approved by a second person and acknowledged by everybody."
      action={start}
      permission="policy:read"
    >
      <Duties rows={mine.data?.rows ?? []} />
      <Filters>
        <TextInput
          label="Search"
          placeholder="Title"
          defaultValue={filters.search ?? ''}
          onChange={(event) => search(event.currentTarget.value)}
          w={{ base: '100%', xs: 220 }}
        />
        <NativeSelect
          label="State"
          data={[{ value: '', label: 'Any' }, ...states]}
          value={state ?? ''}
          onChange={(event) => setFilters({ state: event.currentTarget.value || undefined })}
          w={150}
        />
        <NativeSelect
          label="Due"
          data={[{ value: '', label: 'Any' }, ...dues]}
          value={due ?? ''}
          onChange={(event) => setFilters({ due: event.currentTarget.value || undefined })}
          w={150}
        />
      </Filters>
      <Table
        label="Policies"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        to={(row) => `/policies/${row.id}`}
        {...pages}
        retry={pages.refetch}
        empty={
          filtered
            ? {
                title: 'No policy matches',
                text: 'Change or clear the filters above.',
                action: <PageLink to="/policies">Show all policies</PageLink>,
              }
            : {
                title: 'No policies yet',
                text: 'A policy says in writing what the organisation does: who gets access, how incidents are handled, what is encrypted. Begin with one page; a second person approves it, and everybody acknowledges it.',
                action: start || undefined,
              }
        }
      />
    </Page>
  )
}
