/** Words for times. Pure: `now` is passed in, in milliseconds. */
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** "3 h", "2 d", "45 s": the largest whole unit; months as `4 mo`, years as `2 y`. */
export const spanInWords = (ms: number): string => {
  const span = Math.abs(ms)
  if (span < minute) return `${Math.floor(span / 1000)} s`
  if (span < hour) return `${Math.floor(span / minute)} min`
  if (span < 2 * day) return `${Math.floor(span / hour)} h`
  if (span < 60 * day) return `${Math.floor(span / day)} d`
  if (span < 730 * day) return `${Math.floor(span / (30.44 * day))} mo`
  return `${Math.floor(span / (365.25 * day))} y`
}

/** "just now", "5 min ago", "in 3 h". */
export const relative = (at: string, now: number): string => {
  const ms = Date.parse(at) - now
  if (Number.isNaN(ms)) return at
  if (Math.abs(ms) < 10_000) return 'just now'
  return ms < 0 ? `${spanInWords(ms)} ago` : `in ${spanInWords(ms)}`
}

export type DueState = 'late' | 'soon' | 'later'
export interface DueWords {
  state: DueState
  words: string
}

/** A bare date is due at the end of its day, in the reader's zone. */
const deadlineMs = (at: string): number => (/^\d{4}-\d{2}-\d{2}$/.test(at) ? Date.parse(`${at}T23:59:59.999`) : Date.parse(at))

/** "due in 3 h", "2 h late". `soon` when less than `soonMs` is left. */
export const dueInWords = (at: string, now: number, soonMs = 2 * day): DueWords => {
  const left = deadlineMs(at) - now
  if (left < 0) return { state: 'late', words: `${spanInWords(left)} late` }
  return { state: left < soonMs ? 'soon' : 'later', words: `due in ${spanInWords(left)}` }
}

/** The same instant in the reader's zone and in UTC, to the second; `short` is for a line of its own, with the zone as "CET" or "UTC". */
export const absolute = (at: string, zone?: string): { local: string; utc: string; short: string } => {
  const date = new Date(at)
  const written = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
    ...(zone && { timeZone: zone }),
  })
  const zoneName = zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const letters = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short', ...(zone && { timeZone: zone }) })
  const named = letters.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? zoneName
  return {
    local: `${written.format(date)} (${zoneName})`,
    utc: `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    short: `${written.format(date)} ${named}`,
  }
}

/** "14 Mar 2026" of a date or an instant. */
export const dateInWords = (at: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(new Date(at.length === 10 ? `${at}T12:00:00` : at))
