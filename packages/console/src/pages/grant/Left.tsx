import { useEffect } from 'react'
import { announce, useNow } from '../../kit/index.ts'
import classes from './grant.module.css'
import { leftInWords } from '../grantWords.ts'

/** When the server warns on the terminal; here a screen reader hears it too. */
const warnings = [300_000, 60_000]

/** The time left, second by second; in colour as well when little is. */
export const Left = ({ until, over, warn }: { until: string; over: string; warn?: true }) => {
  const ms = Date.parse(until) - useNow(1000)
  const passed = warnings.filter((each) => ms <= each).length
  useEffect(() => {
    if (warn && passed > 0 && ms > 0) announce(`${leftInWords(ms)} of access left.`)
    // Said once as each mark is passed, not each second.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [passed, warn])
  return (
    <time dateTime={until} className={classes['left']} data-soon={(warn && ms < 300_000) || undefined}>
      {ms <= 0 ? over : leftInWords(ms)}
    </time>
  )
}
