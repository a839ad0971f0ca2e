import { ledger } from '@holdfast/contract'
import { dateInWords, useQueryOf } from '../../kit/index.ts'
import { activityInWords, barsOf, everyDay } from './activity.ts'
import classes from './ledger.module.css'

const width = 900
const height = 56

/** Entries a day over the last 30 days. A bar narrows the list to its day. */
export const Activity = ({ onDay }: { onDay: (on: string) => void }) => {
  const activity = useQueryOf(ledger.activity, {})
  const days = everyDay(activity.data?.days ?? [], new Date().toISOString().slice(0, 10))
  const words = activityInWords(days)
  const first = days[0]
  return (
    <figure className={classes['activity']}>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`Entries a day: ${words}`}>
        <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
        {barsOf(days, width, height).map((bar) => (
          <g key={bar.on} onClick={() => onDay(bar.on)}>
            <title>{`${dateInWords(bar.on)}: ${bar.entries}`}</title>
            <rect className={classes['hit']} x={bar.x} y={0} width={bar.width} height={height} />
            <rect x={bar.x} y={bar.y} width={bar.width} height={bar.height} />
          </g>
        ))}
      </svg>
      <figcaption>
        <span>{first && dateInWords(first.on)}</span>
        <span>{activity.data ? words : ''}</span>
        <span>today</span>
      </figcaption>
    </figure>
  )
}
