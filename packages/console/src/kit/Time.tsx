import { useEffect, useState } from 'react'
import { absolute, dateInWords, dueInWords, relative } from './time.ts'
import { Tip } from './Tip.tsx'
import classes from './kit.module.css'

/** The present, renewed every half minute so that "just now" does not stay. */
export const useNow = (everyMs = 30_000): number => {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

const Both = ({ at }: { at: string }) => {
  const { local, utc } = absolute(at)
  return (
    <>
      {local}
      <br />
      {utc}
    </>
  )
}

export interface TimeProps {
  /** RFC 3339. Null shows `never`, or `empty` when given. */
  at: string | null
  empty?: string
  /** Shows the absolute time too, for records. */
  full?: boolean
}

/** "5 min ago"; the absolute time in the reader's zone and UTC on hover or focus. */
export const Time = ({ at, empty = 'never', full }: TimeProps) => {
  const now = useNow()
  if (at === null) return <span className={classes['quiet']}>{empty}</span>
  return (
    <Tip label={<Both at={at} />}>
      {/* Focusable, so that the keyboard reaches the absolute time too. */}
      <time dateTime={at} tabIndex={0} className={classes['time']}>
        {full ? `${absolute(at).short}, ${relative(at, now)}` : relative(at, now)}
      </time>
    </Tip>
  )
}

/** "14 Mar 2026". */
export const Day = ({ on, empty = 'none' }: { on: string | null; empty?: string }) =>
  on === null ? <span className={classes['quiet']}>{empty}</span> : <time dateTime={on}>{dateInWords(on)}</time>

export interface DueProps {
  /** RFC 3339, or a date, which is due at its end. */
  at: string | null
  empty?: string
  /** Amber when less than this is left; 2 days unless said. */
  soonMs?: number
  /** It runs out rather than being owed: "in 3 h", "2 h ago". */
  ends?: boolean
}

/** "due in 3 h", "2 h late": in colour and in words. */
export const Due = ({ at, empty = 'no date', soonMs, ends }: DueProps) => {
  const now = useNow()
  if (at === null) return <span className={classes['quiet']}>{empty}</span>
  const { state, words } = dueInWords(at, now, soonMs)
  return (
    <Tip label={at.length === 10 ? dateInWords(at) : <Both at={at} />}>
      <time dateTime={at} tabIndex={0} className={classes['time']} data-due={state}>
        {ends ? relative(at, now) : words}
      </time>
    </Tip>
  )
}
