import { ledger, type OutputOf } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { useQueries, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api, PageLink, ReadProblem, State, Time } from '../kit/index.ts'
import { Actor } from './ledger/Actor.tsx'
import classes from './ledger/ledger.module.css'

type Entry = OutputOf<typeof ledger.list>['rows'][number]

/** How many things a timeline follows, and how many entries of each. */
const mostTargets = 12
const perTarget = 30

const useEntriesOf = (targets: readonly string[]) =>
  useQueries({
    queries: targets.slice(0, mostTargets).map((target) => ({
      queryKey: [ledger.list.name, 'timeline', target],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        (await api.call(ledger.list, { target, limit: perTarget }, { signal })).value.rows,
      staleTime: 5_000,
    })),
    combine: (results) => ({
      loading: results.some(({ isPending }) => isPending),
      error: results.find(({ error }) => error)?.error ?? null,
      entries: [...new Map(results.flatMap(({ data }) => data ?? []).map((entry) => [entry.seq, entry])).values()].toSorted(
        (a, b) => b.seq - a.seq,
      ),
    }),
  })

const Line = ({ entry }: { entry: Entry }) => (
  <li>
    <PageLink to={`/ledger/${entry.seq}`} className={classes['seq'] ?? ''}>
      #{entry.seq}
    </PageLink>
    <code>{entry.action}</code>
    {entry.outcome !== 'done' && <State kind="bad">{entry.outcome}</State>}
    <span>
      by <Actor actor={entry.actor} />
    </span>
    <Time at={entry.at} />
    {entry.reason && <q>{entry.reason}</q>}
  </li>
)

/** Entries as a list, in the order given. */
export const Entries = ({ entries }: { entries: readonly Entry[] }) =>
  entries.length === 0 ? (
    <p className={classes['quiet']}>Nothing yet.</p>
  ) : (
    <ol className={classes['timeline']}>
      {entries.map((entry) => (
        <Line entry={entry} key={entry.seq} />
      ))}
    </ol>
  )

/** Looks again when what it is about has changed: jobs change things as well, and answer to no page. */
const useAgainWith = (record: unknown): void => {
  const client = useQueryClient()
  const last = useRef(record)
  useEffect(() => {
    if (last.current === record) return
    last.current = record
    void client.invalidateQueries({ queryKey: [ledger.list.name, 'timeline'] })
  }, [client, record])
}

/** What the ledger recorded about a record and its parts, newest first. For whoever may read the ledger. `of`: the record, as it is known now. */
export const Timeline = ({ targets, of }: { targets: readonly string[]; of?: unknown }) => {
  useAgainWith(of)
  const { loading, error, entries } = useEntriesOf(targets)
  if (error) return <ReadProblem error={error} />
  if (loading) return <Skeleton height={120} />
  return <Entries entries={entries} />
}
