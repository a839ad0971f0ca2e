import { obligations } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useEffect, useState } from 'react'
import {
  Due,
  Filters,
  Page,
  Table,
  Time,
  useFilters,
  useGo,
  useMay,
  usePagesOf,
  type Column,
  type Pages,
} from '../../kit/index.ts'
import classes from './obligation.module.css'
import { ObligationStateOf, Owes } from '../obligations.tsx'
import { isShow, shows, type Row, type Show } from './words.ts'

const ended = (show: Show): boolean => show === 'met' || show === 'withdrawn'

const columnsFor = (show: Show, everybody: boolean): Column<Row>[] => [
  { key: 'what', title: 'What', grow: true, render: (row) => row.label, sort: (row) => row.label },
  { key: 'todo', title: 'To do', wide: true, render: (row) => row.title, sort: (row) => row.title },
  ended(show)
    ? { key: 'ended', title: 'When', render: (row) => <Time at={row.endedAt} />, sort: (row) => row.endedAt }
    : {
        key: 'due',
        title: 'Due',
        render: (row) => (
          <>
            {row.state === 'paused' ? <span className={classes['quiet']}>paused</span> : <Due at={row.dueAt} />}
            {everybody && (
              <span className={classes['onPhone']}>
                <Owes row={row} />
              </span>
            )}
          </>
        ),
        sort: (row) => row.dueAt,
      },
  { key: 'who', title: everybody ? 'Who' : 'Owed by', wide: true, render: (row) => <Owes row={row} /> },
  {
    key: 'state',
    title: 'State',
    wide: !ended(show),
    render: (row) => <ObligationStateOf row={row} />,
    sort: (row) => row.state,
  },
  {
    key: 'promise',
    title: 'Promise',
    wide: true,
    render: (row) => (row.promise ? <a href={`/trust#${row.promise}`}>{row.promise}</a> : ''),
  },
]

interface Asked {
  show: Show
  kind?: string
}

const List = ({ pages: { rows, ...pages }, show, everybody }: { pages: Pages<Row>; show: Show; everybody: boolean }) => (
  <Table
    label="Obligations, the most urgent first"
    columns={columnsFor(show, everybody)}
    rows={rows}
    rowKey={(row) => row.id}
    to={(row) => `/due/${row.id}`}
    {...pages}
    retry={pages.refetch}
    empty={{
      title: shows[show].empty,
      text: 'Deadlines begin by themselves: publishing a policy starts the clock of its review, asks every member to acknowledge it, and so on. Whoever owes one is warned before it, and others are told after it.',
    }}
  />
)

const Mine = ({ asked }: { asked: Asked }) => (
  <List pages={usePagesOf(obligations.mine, asked, { everyMs: 60_000 })} show={asked.show} everybody={false} />
)
const Everybody = ({ asked }: { asked: Asked }) => (
  <List pages={usePagesOf(obligations.list, asked, { everyMs: 60_000 })} show={asked.show} everybody />
)

/** To choose from; empty until they came. */
const useKinds = (): readonly { value: string; label: string }[] => {
  const [kinds, setKinds] = useState<readonly { value: string; label: string }[]>([])
  useEffect(() => void import('./kinds.ts').then((loaded) => setKinds(loaded.kinds)), [])
  return kinds
}

const Lists = () => {
  const [filters, setFilters] = useFilters(['show', 'who', 'kind'])
  const mayOversee = useMay()('obligation:oversee')
  const kinds = useKinds()
  const show = isShow(filters.show) ? filters.show : 'open'
  const everybody = mayOversee && filters.who !== 'me'
  const asked = { show, ...(filters.kind && { kind: filters.kind }) }
  return (
    <>
      <Filters>
        <NativeSelect
          label="Show"
          data={Object.entries(shows).map(([value, { label }]) => ({ value, label }))}
          value={show}
          onChange={(event) => setFilters({ show: event.currentTarget.value === 'open' ? undefined : event.currentTarget.value })}
          w={{ base: '100%', xs: 190 }}
        />
        {mayOversee && (
          <NativeSelect
            label="Who"
            data={[
              { value: '', label: 'Everybody' },
              { value: 'me', label: 'Me or my role' },
            ]}
            value={filters.who ?? ''}
            onChange={(event) => setFilters({ who: event.currentTarget.value || undefined })}
            w={{ base: '100%', xs: 160 }}
          />
        )}
        <NativeSelect
          label="To do"
          data={[{ value: '', label: 'Anything' }, ...kinds]}
          value={filters.kind ?? ''}
          onChange={(event) => setFilters({ kind: event.currentTarget.value || undefined })}
          w={{ base: '100%', xs: 260 }}
        />
      </Filters>
      {everybody ? <Everybody asked={asked} /> : <Mine asked={asked} />}
    </>
  )
}

/** What is due, for whom, when: every deadline of the organisation, whichever part of it set it. */
export const DuePage = () => {
  const go = useGo()
  return (
    <Page
      title="Due"
      about="Every deadline, whoever owes it: what is to be done, by whom, by when. Overdue ones come first."
      permission="obligation:read"
      action={
        <Button variant="default" onClick={() => go('/due/calendar')}>
          Working days
        </Button>
      }
    >
      <Lists />
    </Page>
  )
}
