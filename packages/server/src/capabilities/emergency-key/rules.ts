/** Of one organisation at a time. */
export const keysAtMost = 100
const day = 86_400_000
const untilAtMostDays = 400

/** What is wrong with the dates of a record, and what to do; null: nothing. */
export const wrongDates = ({ since, until }: { since: Date; until: Date }, now: Date): string | null => {
  if (since > now) return 'Nobody holds it yet: give the day on which they got it.'
  if (until <= now) return 'That day has passed. Say until when it is to be tried.'
  return until.getTime() - now.getTime() > untilAtMostDays * day
    ? `Say a day within ${untilAtMostDays} days: a key that nobody looked at for longer is nobody’s.`
    : null
}

/** What the deadline is about: no name, since it stands in the ledger. */
export const labelOf = ({ kind, fingerprint }: { kind: string; fingerprint: string }): string =>
  `Emergency ${kind} ${fingerprint.slice(0, 17)}…`
