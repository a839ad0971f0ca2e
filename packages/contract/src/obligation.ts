import type { Role } from './roles.ts'

/** How long somebody has: so many milliseconds, or so many business days of the organisation's calendar. */
export type Duration = { readonly clock: 'elapsed'; readonly ms: number } | { readonly clock: 'business'; readonly days: number }

const elapsed = (ms: number): Duration => ({ clock: 'elapsed', ms })
export const minutes = (count: number): Duration => elapsed(count * 60_000)
export const hours = (count: number): Duration => elapsed(count * 3_600_000)
export const days = (count: number): Duration => elapsed(count * 86_400_000)
/** Working days in the organisation's time zone; begun outside one, the first counts from its beginning. */
export const businessDays = (count: number): Duration => ({ clock: 'business', days: count })

/** `person`: one person. `each`: each of several persons owes it for themselves. `role`: whoever holds the role. */
export type OwedBy = 'person' | 'each' | 'role'

export interface Escalation {
  /** After the deadline; `hours(0)`: at once. */
  after: Duration
  to: Role | 'answerable'
}

interface Spec<Name extends string, Owed extends OwedBy, Within extends Duration | 'as opened'> {
  /** `noun.what-is-owed`. Rows carry it, so it stays for ever. */
  name: Name
  /** What is to be done, as an order: stands in mails and on the page of what is due. */
  title: string
  /** The noun of what it is about; the subject of an obligation is such a thing's id. */
  about: string
  /** Where in the console it is met; `:subject` stands for the subject's id. */
  page: `/${string}`
  /** The promise that the deadline stands in. */
  promise?: string
  owedBy: Owed
  /** `as opened`: whoever opens it says how long. */
  within: Within
  /** How long before the deadline to warn those answerable. A warning that would fall before the opening is left out. */
  warn?: readonly Duration[]
  /** Whom to tell after the deadline, and when. */
  escalate?: readonly Escalation[]
  /** The deadline is not ours to move: it can be neither paused nor set anew. */
  firm?: true
  /** The job that opens it, where no operation does. */
  openedBy?: string
  /** The job that meets it, where no operation does. */
  metBy?: string
}

/** A kind of deadline: the one way to have one. The kernel opens, warns, escalates and breaches; nobody keeps a timer of their own. */
export type Obligation<
  Name extends string = string,
  Owed extends OwedBy = OwedBy,
  Within extends Duration | 'as opened' = Duration | 'as opened',
> = Spec<Name, Owed, Within> & Required<Pick<Spec<Name, Owed, Within>, 'warn' | 'escalate'>>

/** Declares a kind of deadline. Operations name it in `opens`, `meets` and `withdraws`. */
export const obligation = <
  const Name extends `${string}.${string}`,
  const Owed extends OwedBy,
  Within extends Duration | 'as opened',
>(
  spec: Spec<Name, Owed, Within>,
): Obligation<Name, Owed, Within> => ({ warn: [], escalate: [], ...spec })

const unit = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** A duration in words: `15 minutes`, `1 business day`. */
export const durationInWords = (duration: Duration): string => {
  if (duration.clock === 'business') return unit(duration.days, 'business day')
  const { ms } = duration
  if (ms % 86_400_000 === 0 && ms > 86_400_000) return unit(ms / 86_400_000, 'day')
  if (ms % 3_600_000 === 0) return unit(ms / 3_600_000, 'hour')
  return unit(ms / 60_000, 'minute')
}
