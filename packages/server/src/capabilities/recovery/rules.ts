import type { Role } from '@holdfast/contract'
import type { RecoveryState } from '../../kernel/identity/recovery.ts'

export const delayHours = 24
export const usableHours = 72
export const confirmationsNeeded = 2

export interface Confirming {
  /** Live role of whoever confirms, and of whom it is about; null: no member. */
  mine: Role | null
  subject: Role | null
  /** By a second account of theirs, too. */
  isSubject: boolean
  confirmedAlready: boolean
  state: RecoveryState
  /** The roles, then, of those who confirmed before. */
  before: readonly { role: string }[]
}

export interface Standing {
  state: RecoveryState
  /** Live roles, null for who is no member: of whom it is about, and of those who confirmed. */
  subject: Role | null
  by: readonly (Role | null)[]
}

/** Whether an open recovery is still one that these people could confirm for this person. */
export const stillStands = ({ state, subject, by }: Standing): boolean =>
  subject !== null &&
  by.every((role) => role === 'owner' || role === 'admin') &&
  (state !== 'confirmed' || subject !== 'owner' || by.includes('owner'))

type Refusal = 'not_open' | 'own_recovery' | 'already_confirmed' | 'owner_needed'

/**
 * Why this confirmation cannot be given; null when it can. Only an Owner touches an Owner (C1): of the two who let one back in, one must be an
 * Owner, and an Admin who is the second without one is told so.
 */
export const confirmRefusal = ({ mine, subject, isSubject, state, before, confirmedAlready }: Confirming): Refusal | null => {
  if (isSubject) return 'own_recovery'
  if (state !== 'asked' || subject === null) return 'not_open'
  if (confirmedAlready) return 'already_confirmed'
  const roles = [...before.map(({ role }) => role), mine]
  const decides = roles.length >= confirmationsNeeded
  return subject === 'owner' && decides && !roles.includes('owner') ? 'owner_needed' : null
}
