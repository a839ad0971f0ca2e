import { ledger, type OutputOf } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import {
  Copy,
  Facts,
  Hash,
  Id,
  Page,
  PageLink,
  ReadProblem,
  Section,
  State,
  Time,
  useGo,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { Actor } from './Actor.tsx'
import { Changes } from './Changes.tsx'
import classes from './ledger.module.css'
import { pageOfTarget } from './targets.ts'

type Entry = OutputOf<typeof ledger.read>

const vias: Record<string, string> = { session: 'in the console', api_key: 'with an API key', job: 'by itself' }

const Target = ({ target }: { target: string }) => {
  const to = pageOfTarget(target)
  return (
    <span className={classes['row']}>
      {target.length > 20 ? <Id value={target} what="the target’s id" /> : <code>{target}</code>}
      {to && <PageLink to={to}>open</PageLink>}
      <PageLink to={`/ledger?target=${encodeURIComponent(target)}`}>its other entries</PageLink>
    </span>
  )
}

const EntryFacts = ({ entry }: { entry: Entry }) => (
  <Facts
    rows={[
      ['When', <Time key="at" at={entry.at} full />],
      [
        'Who',
        <span key="who" className={classes['row']}>
          <Actor actor={entry.actor} /> <span className={classes['quiet']}>{vias[entry.via] ?? entry.via}</span>
          <PageLink to={`/ledger?actor=${encodeURIComponent(entry.actor.id)}`}>their other entries</PageLink>
        </span>,
      ],
      ['What', <code key="what">{entry.action}</code>],
      ['Target', <Target key="target" target={entry.target} />],
      ['Outcome', entry.outcome],
      ...(entry.reason === null ? [] : [['Reason', entry.reason] as const]),
      [
        'From',
        entry.origin ? (
          `${entry.origin.address}, ${entry.origin.agent}`
        ) : (
          <span key="from" className={classes['quiet']}>
            sealed, erased, or not a person’s request
          </span>
        ),
      ],
      ...(entry.session === null
        ? []
        : [['Session', <Id key="session" value={entry.session} what="the session’s id" />] as const]),
      ['Request', <Id key="request" value={entry.request} what="the request’s id" />],
    ]}
  />
)

const Chain = ({ entry }: { entry: Entry }) => (
  <Section
    title="In the chain"
    about="The hash covers everything below and the hash of the entry before. Change one byte anywhere, and every hash from there on is another."
  >
    <Facts
      rows={[
        ['Hash of the entry before', <Hash key="prev" value={entry.prev} what="the hash before" whole />],
        ['Hash of this entry', <Hash key="hash" value={entry.hash} what="the hash" whole />],
      ]}
    />
    <div className={classes['body']}>
      <div className={classes['bodyHead']}>
        <span>The exact text that was hashed</span>
        <Copy value={entry.body} what="the exact text" />
      </div>
      <pre tabIndex={0}>{entry.body}</pre>
    </div>
  </Section>
)

const Record = ({ seq }: { seq: number }) => {
  const entry = useQueryOf(ledger.read, { seq })
  if (entry.error)
    return (
      <ReadProblem
        error={entry.error}
        sentences={{ entry_not_found: `There is no entry #${seq} in this organisation’s ledger.` }}
        retry={() => void entry.refetch()}
      />
    )
  if (!entry.data) return <Skeleton height={320} />
  return (
    <>
      <EntryFacts entry={entry.data} />
      <Section
        title="What changed"
        about="Captured by the database in the same transaction, so it cannot differ from what was stored."
      >
        <Changes changes={entry.data.changes} />
      </Section>
      <Chain entry={entry.data} />
    </>
  )
}

const Neighbours = ({ seq }: { seq: number }) => {
  const go = useGo()
  const head = useQueryOf(ledger.head, {})
  const last = head.data ? head.data.size - 1 : null
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconChevronLeft size={16} aria-hidden />}
        disabled={seq === 0}
        onClick={() => go(`/ledger/${seq - 1}`)}
      >
        #{seq - 1 < 0 ? '' : seq - 1}
      </Button>
      <Button
        variant="default"
        rightSection={<IconChevronRight size={16} aria-hidden />}
        disabled={last === null || seq >= last}
        onClick={() => go(`/ledger/${seq + 1}`)}
      >
        #{seq + 1}
      </Button>
    </>
  )
}

/** One entry: who, what, when, before and after, and its place in the chain. */
export const EntryPage = () => {
  const text = useParam('seq')
  const seq = /^\d{1,15}$/.test(text) ? Number(text) : null
  const parent = { to: '/ledger', title: 'Audit' }
  if (seq === null)
    return (
      <Page title="Entry" parent={parent} permission="ledger:read">
        <State kind="bad">“{text}” is not the number of an entry.</State>
      </Page>
    )
  return (
    <Page title={`Entry #${seq}`} parent={parent} permission="ledger:read" action={<Neighbours seq={seq} />}>
      <Record key={seq} seq={seq} />
    </Page>
  )
}
