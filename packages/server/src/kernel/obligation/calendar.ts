import type { Duration } from '@holdfast/contract'

/** The organisation's working days. Pure data; `capabilities/obligation` stores it. */
export interface Calendar {
  /** IANA name. */
  timeZone: string
  /** ISO 8601: 1 is Monday. Never empty. */
  weekdays: readonly number[]
  /** Full-dates. */
  holidays: ReadonlySet<string>
}

export const defaultCalendar: Calendar = { timeZone: 'UTC', weekdays: [1, 2, 3, 4, 5], holidays: new Set() }

const day = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()
const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  let format = formats.get(timeZone)
  if (!format) {
    const digits = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', calendar: 'gregory', ...digits })
    formats.set(timeZone, format)
  }
  return format
}

/** What a clock on the wall shows at an instant, as the milliseconds of a UTC clock that shows the same. */
export const wallOf = (timeZone: string, at: number): number => {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day: date = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, date, hour, minute, second) + (((at % 1000) + 1000) % 1000)
}

/**
 * When a clock on the wall shows `wall`. Of an hour that comes twice, the first (RFC 5545 §3.3.5). A time that is left out becomes the moment
 * the clock is put forward, so that a later time on the wall is never an earlier instant.
 */
export const instantOf = (timeZone: string, wall: number): number => {
  const offsetAt = (at: number): number => wallOf(timeZone, at) - at
  const [before, after] = [offsetAt(wall - day), offsetAt(wall + day)]
  for (const candidate of [wall - before, wall - after]) if (wallOf(timeZone, candidate) === wall) return candidate
  let [early, late] = [wall - after, wall - before]
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (wallOf(timeZone, middle) < wall) early = middle
    else late = middle
  }
  return late
}

/** Days count from 1970-01-01, which was a Thursday. */
const isWorkingDay = ({ weekdays, holidays }: Calendar, number: number): boolean =>
  weekdays.includes(((((number + 3) % 7) + 7) % 7) + 1) && !holidays.has(new Date(number * day).toISOString().slice(0, 10))

const workingDay = (calendar: Calendar, number: number, direction: 1 | -1): number => {
  let found = number
  while (!isWorkingDay(calendar, found)) found += direction
  return found
}

/**
 * `ms` of working time later, a working day being 24 hours on the wall: one day after Friday 16:00 is Monday 16:00. Outside working days time
 * stands still, so that what comes in on Saturday has until the end of Monday. The earliest such instant.
 */
const later = (calendar: Calendar, at: number, ms: number): number => {
  const wall = wallOf(calendar.timeZone, at)
  const today = Math.floor(wall / day)
  let number = workingDay(calendar, today, 1)
  let left = ms + (number === today ? wall - today * day : 0)
  while (left > day) {
    left -= day
    number = workingDay(calendar, number + 1, 1)
  }
  return instantOf(calendar.timeZone, number * day + left)
}

/** `ms` of working time earlier; the latest such instant. */
const earlier = (calendar: Calendar, at: number, ms: number): number => {
  const wall = wallOf(calendar.timeZone, at)
  const today = Math.floor((wall - 1) / day) // midnight belongs to the day that ends
  let number = workingDay(calendar, today, -1)
  let left = (number === today ? wall - today * day : day) - ms
  while (left < 0) {
    left += day
    number = workingDay(calendar, number - 1, -1)
  }
  return instantOf(calendar.timeZone, number * day + left)
}

/** Working time from one instant to a later one, in milliseconds. */
export const workingTimeBetween = (calendar: Calendar, from: Date, to: Date): number => {
  const [start, end] = [wallOf(calendar.timeZone, from.getTime()), wallOf(calendar.timeZone, to.getTime())]
  let sum = 0
  for (let number = Math.floor(start / day); number * day < end; number++) {
    if (isWorkingDay(calendar, number)) sum += Math.min(end, (number + 1) * day) - Math.max(start, number * day)
  }
  return sum
}

const moved = (calendar: Calendar, at: Date, clock: Duration['clock'], ms: number): Date => {
  if (clock === 'elapsed') return new Date(at.getTime() + ms)
  if (ms === 0) return at
  return new Date(ms > 0 ? later(calendar, at.getTime(), ms) : earlier(calendar, at.getTime(), -ms))
}

const msOf = (duration: Duration): number => (duration.clock === 'elapsed' ? duration.ms : duration.days * day)

export const after = (calendar: Calendar, at: Date, duration: Duration): Date =>
  moved(calendar, at, duration.clock, msOf(duration))
export const before = (calendar: Calendar, at: Date, duration: Duration): Date =>
  moved(calendar, at, duration.clock, -msOf(duration))

/** A deadline whose clock stood from `pausedAt` to `resumedAt`: as much time is left as there was. */
export const afterPause = (calendar: Calendar, clock: Duration['clock'], dueAt: Date, pausedAt: Date, resumedAt: Date): Date => {
  const left = clock === 'elapsed' ? dueAt.getTime() - pausedAt.getTime() : workingTimeBetween(calendar, pausedAt, dueAt)
  return moved(calendar, resumedAt, clock, left)
}
