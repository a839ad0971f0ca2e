import { Skeleton } from '@mantine/core'
import { ledger, type OutputOf } from '@holdfast/contract'
import { count, dateInWords, Facts, Hash, PageLink, ReadProblem, Section, Time, useMay, useQueryOf } from '../../kit/index.ts'
import classes from './now.module.css'

type Days = OutputOf<typeof ledger.activity>['days']

/** Entries a day as bars; the words beneath say what they show. */
const Bars = ({ days }: { days: Days }) => {
  const most = Math.max(1, ...days.map(({ entries }) => entries))
  const total = days.reduce((sum, { entries }) => sum + entries, 0)
  const busiest = days.find(({ entries }) => entries === most)
  const width = 100 / Math.max(1, days.length)
  const words = `${count(total)} entries in ${days.length} days${busiest && total > 0 ? `; the most on ${dateInWords(busiest.on)}, ${count(most)}` : ''}.`
  return (
    <figure className={classes['figure']}>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={words} className={classes['bars']}>
        {days.map(({ on, entries }, index) => {
          const height = entries === 0 ? 0.4 : Math.max(1, (entries / most) * 30)
          return (
            <rect
              key={on}
              x={index * width + width * 0.12}
              y={30 - height}
              width={width * 0.76}
              height={height}
              data-none={entries === 0 || undefined}
            >
              <title>{`${dateInWords(on)}: ${count(entries)}`}</title>
            </rect>
          )
        })}
      </svg>
      <figcaption aria-hidden>{words}</figcaption>
    </figure>
  )
}

const Activity = () => {
  const activity = useQueryOf(ledger.activity, {})
  if (activity.error) return <ReadProblem error={activity.error} />
  return activity.data ? <Bars days={activity.data.days} /> : <Skeleton height={72} />
}

/** How the organisation's chain stands. */
export const Chain = () => {
  const may = useMay()
  const head = useQueryOf(ledger.head, {})
  return (
    <Section
      title="The ledger"
      about="Every change is an entry in a hash chain that anybody here can recompute."
      action={<PageLink to="/ledger/verify">Verify it yourself</PageLink>}
    >
      <ReadProblem error={head.error} />
      {may('ledger:read') && <Activity />}
      {head.data ? (
        <Facts
          rows={[
            ['Entries', count(head.data.size)],
            ['Newest', <Time key="at" at={head.data.at} empty="none yet" />],
            ['Newest hash', <Hash key="hash" value={head.data.hash} />],
            [
              'Newest checkpoint',
              head.data.checkpoint ? (
                <span key="checkpoint">
                  over {count(head.data.checkpoint.size)} entries, <Time at={head.data.checkpoint.at} />
                </span>
              ) : (
                'none yet'
              ),
            ],
          ]}
        />
      ) : (
        !head.error && <Skeleton height={120} />
      )}
    </Section>
  )
}
