import { isPromiseId, obligations, promises } from '@holdfast/contract'
import { Button } from '@mantine/core'
import {
  Due,
  Facts,
  Id,
  Page,
  PageLink,
  ReadProblem,
  Section,
  Time,
  useGo,
  useMay,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { Timeline } from '../Timeline.tsx'
import { History, NextSteps } from './History.tsx'
import { Move } from './Move.tsx'
import classes from './obligation.module.css'
import { ObligationStateOf, Owes } from '../obligations.tsx'
import { stateOf, type Detail } from './words.ts'

const isOpen = ({ state }: Detail): boolean => state === 'running' || state === 'paused'

/** What is to be done and the one button that leads there. */
const Lead = ({ detail }: { detail: Detail }) => {
  const go = useGo()
  return (
    <div className={classes['lead']} data-kind={stateOf(detail).kind}>
      <div>
        <strong>
          {detail.title}: {detail.label}
        </strong>
        <p>
          {detail.state === 'paused' ? 'The clock stands' : <Due at={detail.dueAt} />} · owed by <Owes row={detail} />
        </p>
      </div>
      <Button onClick={() => go(detail.page)}>Go and do it</Button>
    </div>
  )
}

const otherDeadline = (id: string) => (
  <PageLink to={`/due/${id}`} td="underline">
    the other deadline
  </PageLink>
)

const factsOf = (detail: Detail) =>
  [
    ['Deadline', <Time key="due" at={detail.dueAt} full />],
    ['Owed by', <Owes key="who" row={detail} />],
    [
      'About',
      <PageLink key="about" to={detail.page} td="underline">
        {detail.label}
      </PageLink>,
    ],
    ['Opened', <Time key="opened" at={detail.openedAt} full />],
    ['Time allowed', detail.within ?? 'set by hand'],
    ...(detail.firm ? [['Firm', 'The deadline can be neither paused nor moved.'] as const] : []),
    ...(detail.endedAt ? [['Ended', <Time key="ended" at={detail.endedAt} full />] as const] : []),
    ...(detail.promise && isPromiseId(detail.promise)
      ? [
          [
            'Promise',
            <a key="promise" href={`/trust#${detail.promise}`}>{`${detail.promise} ${promises[detail.promise].title}`}</a>,
          ] as const,
        ]
      : []),
    ...(detail.rebasedFrom ? [['Took the place of', otherDeadline(detail.rebasedFrom)] as const] : []),
    ...(detail.rebasedTo ? [['Replaced by', otherDeadline(detail.rebasedTo)] as const] : []),
    ['Id', <Id key="id" value={detail.id} what="the id of the obligation" />],
  ] as const

/** One deadline: what to do, what the clock did and will do, who moved it and why. */
export const ObligationPage = () => {
  const id = useParam('id') as Detail['id']
  const { data, error, refetch } = useQueryOf(obligations.read, { id }, { everyMs: 60_000 })
  const may = useMay()
  const parent = { to: '/due', title: 'Due' }
  if (!data)
    return (
      <Page title="Obligation" parent={parent} permission="obligation:read">
        <ReadProblem
          error={error}
          sentences={{ obligation_not_found: 'There is no such obligation, or it is not yours to see.' }}
          retry={() => void refetch()}
        />
      </Page>
    )
  return (
    <Page
      title={data.label}
      about={data.title}
      parent={parent}
      badge={<ObligationStateOf row={data} />}
      permission="obligation:read"
      action={may('obligation:manage') && <Move detail={data} />}
    >
      {isOpen(data) && <Lead detail={data} />}
      <Facts rows={factsOf(data)} />
      {data.next.length > 0 && (
        <Section title="What comes next" about="What the clock does if nobody does anything.">
          <NextSteps next={data.next} />
        </Section>
      )}
      <Section title="History" about="Only added to: neither a deadline nor what became of it can be rewritten.">
        <History events={data.events} />
      </Section>
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about this obligation.">
          <Timeline targets={[data.id, ...(data.rebasedFrom ? [data.rebasedFrom] : [])]} />
        </Section>
      )}
    </Page>
  )
}
