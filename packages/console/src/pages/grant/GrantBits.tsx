import { State, useNow } from '../../kit/index.ts'
import classes from './grant.module.css'
import { Left } from './Left.tsx'
import { stateOf, type Row } from '../grantWords.ts'

export const GrantStateOf = ({ row }: { row: Row }) => {
  const { kind, word } = stateOf(row, useNow(5_000))
  return <State kind={kind}>{word}</State>
}

/** Until when, from where it stands now. */
export const Until = ({ row }: { row: Row }) => {
  const now = useNow(5_000)
  if (row.state === 'requested')
    return (
      <span className={classes['until']}>
        lapses in <Left until={row.requestExpiresAt} over="a moment" />
      </span>
    )
  if (row.state !== 'approved' || row.startsAt === null || row.endsAt === null)
    return <span className={classes['quiet']}>over</span>
  return Date.parse(row.startsAt) > now ? (
    <span className={classes['until']}>
      begins in <Left until={row.startsAt} over="a moment" />
    </span>
  ) : (
    <span className={classes['until']}>
      <Left until={row.endsAt} over="over" warn /> left
    </span>
  )
}
