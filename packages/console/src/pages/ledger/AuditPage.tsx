import { ledger, type OutputOf } from '@holdfast/contract'
import { Button, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconShieldCheck } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import {
  Filters,
  Id,
  Page,
  PageLink,
  State,
  Table,
  Time,
  useFilters,
  useGo,
  useMay,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'
import { Activity } from './Activity.tsx'
import { Actor } from './Actor.tsx'
import { ExportButton } from './ExportButton.tsx'
import { inputOfFilters } from './filters.ts'
import classes from './ledger.module.css'
import { WhoFilter } from './WhoFilter.tsx'

type Row = OutputOf<typeof ledger.list>['rows'][number]

const columns: Column<Row>[] = [
  { key: 'seq', title: 'Entry', render: (row) => `#${row.seq}` },
  { key: 'at', title: 'When', render: (row) => <Time at={row.at} /> },
  { key: 'who', title: 'Who', wide: true, render: (row) => <Actor actor={row.actor} /> },
  {
    key: 'action',
    title: 'What',
    grow: true,
    render: (row) => (
      <>
        <code>{row.action}</code>
        <span className={classes['onPhone']}>
          by <Actor actor={row.actor} />
        </span>
      </>
    ),
  },
  {
    key: 'target',
    title: 'Target',
    wide: true,
    render: (row) => (row.target.length > 20 ? <Id value={row.target} what="the target’s id" /> : <code>{row.target}</code>),
  },
  {
    key: 'reason',
    title: 'Outcome',
    wide: true,
    render: (row) =>
      row.outcome === 'done' ? <span className={classes['quiet']}>done</span> : <State kind="bad">{row.outcome}</State>,
  },
]

/** Every action there is; the whole contract comes with them, so they come after the page. */
const useActions = (): readonly string[] => {
  const [actions, setActions] = useState<readonly string[]>([])
  useEffect(() => void import('./actions.ts').then((loaded) => setActions(loaded.actions)), [])
  return actions
}

const names = ['actor', 'action', 'target', 'from', 'to'] as const
type Set = ReturnType<typeof useFilters<(typeof names)[number]>>[1]

const AuditFilters = ({
  filters,
  setFilters,
}: {
  filters: ReturnType<typeof useFilters<(typeof names)[number]>>[0]
  setFilters: Set
}) => {
  const [typed, setTyped] = useState({ action: filters.action ?? '', target: filters.target ?? '' })
  const later = useDebouncedCallback(setFilters, 300)
  const type = (field: 'action' | 'target', value: string) => {
    setTyped((now) => ({ ...now, [field]: value }))
    later({ [field]: value })
  }
  return (
    <Filters>
      <WhoFilter value={filters.actor} onChange={(actor) => setFilters({ actor })} />
      <TextInput
        label="What"
        placeholder="policy. or an action"
        list="ledger-actions"
        value={typed.action}
        onChange={(event) => type('action', event.currentTarget.value)}
        w={{ base: '100%', xs: 220 }}
      />
      <datalist id="ledger-actions">
        {useActions().map((action) => (
          <option key={action} value={action} />
        ))}
      </datalist>
      <TextInput
        label="Target"
        placeholder="An id"
        value={typed.target}
        onChange={(event) => type('target', event.currentTarget.value)}
        w={{ base: '100%', xs: 200 }}
      />
      <TextInput
        label="From"
        type="date"
        value={filters.from ?? ''}
        onChange={(event) => setFilters({ from: event.currentTarget.value })}
        w={{ base: '47%', xs: 145 }}
      />
      <TextInput
        label="To"
        type="date"
        value={filters.to ?? ''}
        onChange={(event) => setFilters({ to: event.currentTarget.value })}
        w={{ base: '47%', xs: 145 }}
      />
      {Object.keys(filters).length > 0 && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            setTyped({ action: '', target: '' })
            setFilters({ actor: undefined, action: undefined, target: undefined, from: undefined, to: undefined })
          }}
        >
          Clear
        </Button>
      )}
    </Filters>
  )
}

const Entries = () => {
  const [filters, setFilters] = useFilters(names)
  const { rows, ...pages } = usePagesOf(ledger.list, inputOfFilters(filters))
  const filtered = Object.keys(filters).length > 0
  return (
    <>
      <Activity onDay={(on) => setFilters({ from: on, to: on })} />
      <AuditFilters filters={filters} setFilters={setFilters} />
      <Table
        label="Ledger entries, newest first"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.seq}
        to={(row) => `/ledger/${row.seq}`}
        {...pages}
        retry={pages.refetch}
        empty={
          filtered
            ? {
                title: 'No entry matches',
                text: 'Change or clear the filters above.',
                action: <PageLink to="/ledger">Show all entries</PageLink>,
              }
            : {
                title: 'No entries yet',
                text: 'Every change anybody makes is recorded here, chained to the one before it, so that nothing can be altered or removed unseen.',
              }
        }
      />
    </>
  )
}

/** The ledger as people read it: who did what, when, to what (L1). */
export const AuditPage = () => {
  const may = useMay()
  const go = useGo()
  return (
    <Page
      title="Audit"
      about="Every change in this organisation, recorded by the database itself and chained so that nothing can be altered or removed unseen."
      permission="ledger:read"
      action={
        <>
          {may('ledger:export') && <ExportButton />}
          <Button leftSection={<IconShieldCheck size={16} aria-hidden />} onClick={() => go('/ledger/verify')}>
            Verify
          </Button>
        </>
      }
    >
      <Entries />
    </Page>
  )
}
