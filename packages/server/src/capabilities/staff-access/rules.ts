import { createHash } from 'node:crypto'
import type { StaffAccessState, StaffRole } from '@holdfast/contract'
import type { z } from 'zod'

/** How long a customer has to answer. */
export const requestHours = 24

export interface Asked {
  role: StaffRole
  write: boolean
  seconds: number
  ticket: string | null
}

export interface AllowedAhead {
  role: StaffRole
  maxSeconds: number
  ticketRequired: boolean
}

/** Whether a request needs no answer: it only reads, no more and no longer than allowed, with a ticket where one is needed. */
export const isAllowedAhead = (policy: AllowedAhead, { role, write, seconds, ticket }: Asked): boolean =>
  !write &&
  (role === 'viewer' || policy.role === 'reviewer') &&
  seconds <= policy.maxSeconds &&
  (ticket !== null || !policy.ticketRequired)

/** Everything the customer agrees to. */
export interface Bound extends Asked {
  org: string
  grant: string
  person: string
  reason: string
}

/** SHA-256 over one canonical text: fields in a fixed order, so that one request has one hash. */
export const requestHashOf = ({ org, grant, person, role, write, seconds, reason, ticket }: Bound): string =>
  createHash('sha256')
    .update(JSON.stringify(['holdfast staff access request 1', org, grant, person, role, write, seconds, reason, ticket]))
    .digest('hex')

interface Standing {
  state: 'requested' | 'approved' | 'denied' | 'cancelled' | 'ended'
  requestExpiresAt: Date
  endsAt: Date | null
  /** What the database says of it (`staff_grant_live`). */
  live: boolean
}

/** The state as it is now: what has run out is over, whether or not anything noted it. */
export const stateAt = ({ state, requestExpiresAt, endsAt, live }: Standing, now: Date): z.infer<typeof StaffAccessState> => {
  if (state === 'requested') return requestExpiresAt > now ? 'requested' : 'lapsed'
  if (state === 'approved') return live && endsAt !== null && endsAt > now ? 'live' : 'ended'
  return state
}
