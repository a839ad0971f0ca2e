import { State, Tag } from '../../kit/index.ts'
import classes from './host.module.css'
import { standingOf, type Row } from './words.ts'

export const Labels = ({ labels }: { labels: readonly string[] }) => (
  <span className={classes['labels']}>
    {labels.map((label) => (
      <Tag key={label}>{label}</Tag>
    ))}
  </span>
)

export const StandingOf = ({ row }: { row: Row }) => {
  const { kind, word } = standingOf(row)
  return <State kind={kind}>{word}</State>
}
