import { mustHaveMfa, type Role, type SessionNext } from '@holdfast/contract'
import type { z } from 'zod'

/** What decides whether a session may do more than enrol or confirm a second factor (C2). Read anew at each request. */
export interface MfaStanding {
  role: Role
  /** The organisation requires it of everybody. */
  orgRequiresMfa: boolean
  /** Set at sign-in of somebody who has a factor, until it is confirmed. */
  sessionRestricted: boolean
  confirmedAt: Date | null
}

/** A promotion or a new rule of the organisation bites at the next request, since nothing here is kept in a token. */
export const isRestricted = ({ role, orgRequiresMfa, sessionRestricted, confirmedAt }: MfaStanding): boolean =>
  sessionRestricted || ((mustHaveMfa(role) || orgRequiresMfa) && confirmedAt === null)

export const nextOf = (restricted: boolean, enrolled: boolean): z.infer<typeof SessionNext> => {
  if (!restricted) return 'done'
  return enrolled ? 'confirm_factor' : 'enrol_factor'
}
