import { createHash } from 'node:crypto'
import { closingOf, networkWithin, type Rules } from '../../kernel/access/entitled.ts'

type Extension = Rules['extensions'][number]

export const requestHours = 1
export const daysAhead = 30
export const certificateSeconds = 600
export const certificatesPerGrant = 50
/** How long a confirmation of the second factor for one grant lasts for getting its certificates. */
export const confirmedMinutes = 5

/**
 * `#` stands for a number of up to 12 digits and takes all the digits there are; everything else stands for itself. It never goes back, so no
 * pattern can be made to run for ever, as an expression could.
 */
export const ticketFits = (pattern: string, ticket: string): boolean => {
  let at = 0
  for (const letter of pattern) {
    if (letter === '#') {
      const digits = /^\d{1,13}/.exec(ticket.slice(at, at + 13))?.[0].length ?? 0
      if (digits < 1 || digits > 12) return false
      at += digits
    } else if (ticket[at] === letter) at++
    else return false
  }
  return at === ticket.length
}

export interface Asked {
  login: string
  seconds: number
  notBefore: Date | null
  reason: string
  ticket: string | null
  extensions: readonly Extension[]
  sourceNetworks: readonly string[]
}

export type TermsProblem =
  | 'login_not_allowed'
  | 'too_long'
  | 'extension_not_allowed'
  | 'network_not_allowed'
  | 'reason_needed'
  | 'ticket_needed'
  | 'not_before_refused'

/** What of a request the policy does not allow; null when all of it is. */
export const problemOf = (rules: Rules, asked: Asked, now: Date): TermsProblem | null => {
  const { notBefore, sourceNetworks, ticket } = asked
  if (!rules.logins.includes(asked.login)) return 'login_not_allowed'
  if (asked.seconds > rules.maxSeconds) return 'too_long'
  if (!asked.extensions.every((extension) => rules.extensions.includes(extension))) return 'extension_not_allowed'
  if (rules.sourceNetworks.length > 0 && !sourceNetworks.every((network) => networkWithin(network, rules.sourceNetworks)))
    return 'network_not_allowed'
  if (rules.reasonRequired && asked.reason.trim() === '') return 'reason_needed'
  if (rules.ticketPattern !== null && (ticket === null || !ticketFits(rules.ticketPattern, ticket))) return 'ticket_needed'
  if (notBefore && (notBefore < now || notBefore.getTime() > now.getTime() + daysAhead * 86_400_000)) return 'not_before_refused'
  return null
}

/** From when to when a grant runs that is approved now: as long as asked, never past the hours; null outside them. */
export const termOf = (
  rules: Pick<Rules, 'hours'>,
  { seconds, notBefore }: { seconds: number; notBefore: Date | null },
  now: Date,
): { startsAt: Date; endsAt: Date } | null => {
  const startsAt = notBefore && notBefore > now ? notBefore : now
  const endsAt = new Date(startsAt.getTime() + seconds * 1000)
  if (rules.hours === null) return { startsAt, endsAt }
  const closing = closingOf(rules.hours, startsAt)
  return closing && { startsAt, endsAt: closing < endsAt ? closing : endsAt }
}

/** The new end of a grant by an approved extension: later by what was asked, never further ahead than the policy's longest time. */
export const extendedEnd = (
  rules: Pick<Rules, 'hours' | 'maxSeconds'>,
  endsAt: Date,
  seconds: number,
  now: Date,
): Date | null => {
  const longest = now.getTime() + rules.maxSeconds * 1000
  const moved = new Date(Math.max(endsAt.getTime(), Math.min(endsAt.getTime() + seconds * 1000, longest)))
  if (rules.hours === null) return moved
  const closing = closingOf(rules.hours, now)
  return closing && (closing < moved ? (closing < endsAt ? endsAt : closing) : moved)
}

/** Whose request it is; of a service account, by which of its keys. */
export type BoundTo = { person: string } | { serviceAccount: string; key: string }

/** Everything an approver agrees to. */
export interface Bound {
  org: string
  by: BoundTo
  /** The id of the server or database: its prefix says which. */
  target: string
  login: string
  seconds: number
  notBefore: Date | null
  reason: string
  ticket: string | null
  extensions: readonly string[]
  sourceNetworks: readonly string[]
  policy: string
  policyVersion: number
  extendsId: string | null
}

/**
 * SHA-256 over one canonical text: fields in a fixed order, lists sorted, so that one request has one hash. A person's is as it always was; that of a
 * service account begins otherwise, and says of which kind it is.
 */
export const requestHashOf = (bound: Bound): string => {
  const { by } = bound
  const whose =
    'person' in by
      ? ['holdfast access request 1', bound.org, by.person]
      : ['holdfast access request 2', bound.org, 'service_account', by.serviceAccount, by.key]
  const canonical = JSON.stringify([
    ...[...whose, bound.target, bound.login, bound.seconds],
    ...[bound.notBefore?.toISOString() ?? null, bound.reason, bound.ticket],
    ...[bound.extensions.toSorted(), bound.sourceNetworks.toSorted(), bound.policy, bound.policyVersion, bound.extendsId],
  ])
  return createHash('sha256').update(canonical).digest('hex')
}

/** The bounds of access of a service account: never beyond the secret that asked for it. Null where nothing of the term is left. */
export const withinSecret = <T extends { startsAt: Date; endsAt: Date }>(term: T, until: Date | null): T | null => {
  if (until === null || until <= term.startsAt) return null
  return until < term.endsAt ? { ...term, endsAt: until } : term
}

type State = 'requested' | 'approved' | 'denied' | 'cancelled' | 'lapsed' | 'applied' | 'ended'

/** The state as it is now: what has run out has ended, whether or not it was noted already. */
export const stateAt = (
  { state, endsAt, requestExpiresAt }: { state: State; endsAt: Date | null; requestExpiresAt: Date },
  now: Date,
): State => {
  if (state === 'approved' && endsAt !== null && endsAt <= now) return 'ended'
  return state === 'requested' && requestExpiresAt <= now ? 'lapsed' : state
}
