import { accessReview, reviewedKinds, type Proposal, type ReviewedKind } from '@holdfast/contract'
import { Button, Checkbox, Group, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import {
  Filters,
  ProblemNotice,
  roleNames,
  State,
  Table,
  Tag,
  Time,
  Tip,
  useCommandOf,
  useFilters,
  useMay,
  useMembers,
  usePagesOf,
  useSession,
  type Column,
} from '../../kit/index.ts'
import { Bulk } from './Bulk.tsx'
import classes from './access-review.module.css'
import {
  atOnce,
  decisionOf,
  isOpen,
  kindWords,
  mayTick,
  proposalOf,
  proposalOptions,
  reasonWords,
  refreshed,
  titleOf,
  underWay,
  type Item,
  type Review,
} from './words.ts'

const What = ({ row }: { row: Item }) => (
  <div className={classes['what']}>
    <span>
      <strong>{titleOf(row)}</strong> {row.role && <Tag>{roleNames[row.role]}</Tag>}
    </span>
    <span className={classes['quiet']}>
      {kindWords[row.kind]}
      {row.kind !== 'member' && row.holder && ` of ${row.holder}`}
      {row.detail && ` · ${row.detail}`}
    </span>
  </div>
)

const Proposed = ({ row }: { row: Item }) => (
  <div className={classes['what']}>
    <State kind={proposalOf(row)[0]}>{proposalOf(row)[1]}</State>
    {row.reasons.length > 0 && (
      <span className={classes['quiet']}>{row.reasons.map((reason) => reasonWords[reason]).join(', ')}</span>
    )}
  </div>
)

const Decided = ({ row }: { row: Item }) => (
  <div className={classes['what']}>
    <State kind={decisionOf(row)[0]}>{decisionOf(row)[1]}</State>
    {row.reason && <span className={classes['quiet']}>{row.reason}</span>}
    {row.decision === 'keep' && row.now !== 'same' && (
      <span className={classes['quiet']}>{row.now === 'gone' ? 'has ended since' : 'has changed since'}</span>
    )}
  </div>
)

/** Where only what is open is shown, a narrow page has no room for saying so in each row. */
const columnsFor = (show: 'open' | 'decided' | 'all'): Column<Item>[] => [
  { key: 'what', title: 'Access', grow: true, render: (row) => <What row={row} /> },
  { key: 'proposal', title: 'Proposal', render: (row) => <Proposed row={row} /> },
  { key: 'since', title: 'Since', wide: true, render: ({ since }) => <Time at={since} />, sort: ({ since }) => since },
  {
    key: 'used',
    title: 'Last used',
    wide: true,
    render: ({ lastUsedAt }) => <Time at={lastUsedAt} empty="never" />,
    sort: ({ lastUsedAt }) => lastUsedAt,
  },
  { key: 'decision', title: 'Decision', wide: show === 'open', render: (row) => <Decided row={row} /> },
]

const tickColumn = (ticked: ReadonlySet<string>, toggle: (id: string) => void, me: string): Column<Item> => ({
  key: 'tick',
  title: 'Select',
  actions: true,
  render: (row) => {
    const name = `${kindWords[row.kind]}: ${titleOf(row)}`
    if (isOpen(row) && row.personId === me)
      return (
        <Tip label="Your own: another Owner or Admin decides">
          <Tag>yours</Tag>
        </Tip>
      )
    return (
      isOpen(row) && (
        <Checkbox aria-label={name} checked={ticked.has(row.id)} disabled={!mayTick(row, me)} onChange={() => toggle(row.id)} />
      )
    )
  },
})

const names = ['kind', 'proposal', 'person', 'show'] as const

const Which = ({ completed }: { completed: boolean }) => {
  const [filters, set] = useFilters([...names])
  const members = useMembers()
  return (
    <Filters>
      <NativeSelect
        aria-label="Decided or not"
        data={
          completed
            ? [{ value: '', label: 'All decisions' }]
            : [
                { value: '', label: 'To decide' },
                { value: 'decided', label: 'Decided' },
                { value: 'all', label: 'All' },
              ]
        }
        value={filters.show ?? ''}
        onChange={(event) => set({ show: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Proposal"
        data={proposalOptions}
        value={filters.proposal ?? ''}
        onChange={(event) => set({ proposal: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Kind"
        data={[{ value: '', label: 'Every kind' }, ...reviewedKinds.map((value) => ({ value, label: kindWords[value] }))]}
        value={filters.kind ?? ''}
        onChange={(event) => set({ kind: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Person"
        data={[{ value: '', label: 'Everybody' }, ...(members ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
        value={filters.person ?? ''}
        onChange={(event) => set({ person: event.currentTarget.value || undefined })}
        maw={220}
      />
    </Filters>
  )
}

/** Those shown that are not what was seen of them any more: noted as ended, or asked anew. */
const LookAnew = ({ id, rows }: { id: Review['id']; rows: readonly Item[] }) => {
  const stale = rows.filter((row) => isOpen(row) && row.now !== 'same').slice(0, 100)
  const look = useCommandOf(accessReview.refresh, { refresh: refreshed, done: 'Looked anew.', explain: underWay })
  if (stale.length === 0) return null
  return (
    <Group gap="sm">
      <span>{stale.length === 1 ? 'One has' : `${stale.length} have`} ended or changed since the list was gathered.</span>
      <Button
        variant="default"
        size="xs"
        loading={look.running}
        onClick={() => void look.run({ id, items: stale.map((row) => row.id) })}
      >
        Look anew
      </Button>
      <ProblemNotice problem={look.problem} />
    </Group>
  )
}

/** What gives access: what the rules say first, filtered, ticked and decided together. */
export const Items = ({ review }: { review: Review }) => {
  const { person } = useSession()
  const decides = useMay()('access-review:decide') && review.state === 'open'
  const [filters, setFilters] = useFilters([...names])
  const show = filters.show === 'all' || filters.show === 'decided' ? filters.show : review.state === 'completed' ? 'all' : 'open'
  const pages = usePagesOf(accessReview.items, {
    id: review.id,
    show,
    ...(filters.kind && { kind: filters.kind as ReviewedKind }),
    ...(filters.proposal && { proposal: filters.proposal as Proposal }),
    ...(filters.person && { personId: filters.person as NonNullable<Item['personId']> }),
  })
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const rows = pages.rows ?? []
  const free = rows.filter((row) => mayTick(row, person.id))
  const chosen = free.filter((row) => ticked.has(row.id))
  const toggle = (id: string) =>
    setTicked((now) => new Set(now.has(id) ? [...now].filter((other) => other !== id) : [...now, id]))
  const columns = columnsFor(show)
  const filtered = names.some((name) => filters[name])
  return (
    <>
      <Which completed={review.state === 'completed'} />
      {decides && <LookAnew id={review.id} rows={rows} />}
      {decides && (
        <Bulk
          review={review}
          chosen={chosen}
          shown={free.slice(0, atOnce)}
          select={(items) => setTicked(new Set(items.map(({ id }) => id)))}
        />
      )}
      <Table
        label="What gives access"
        columns={decides ? [tickColumn(ticked, toggle, person.id), ...columns] : columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={
          filtered
            ? {
                title: 'Nothing like that',
                text: 'No access in this review fits the filters.',
                action: (
                  <Button
                    variant="default"
                    onClick={() => setFilters({ kind: undefined, proposal: undefined, person: undefined, show: undefined })}
                  >
                    Clear the filters
                  </Button>
                ),
              }
            : { title: 'All decided', text: 'Nothing is left to decide. Complete the review to put it on record.' }
        }
      />
    </>
  )
}
