import { isRiskyRole, roles, type Role } from '@holdfast/contract'

/** How strong a role is: 0 is the strongest. */
export const rankOf = (role: Role): number => roles.indexOf(role)
export const roleAt = (rank: number): Role => {
  const role = roles[rank]
  if (role === undefined) throw new Error(`no role has rank ${rank}`)
  return role
}

/** The strongest rank that is given without a clearance (C8). */
export const safestRank = roles.findIndex((role) => !isRiskyRole(role))

export interface Wanted {
  /** The strongest role of their mapped groups, else the directory's usual one. */
  role: Role
  /** The same without the roles that need a clearance. */
  meanwhile: Role
}

/** What somebody gets now, and what they wait for. */
export const givenTo = ({ role, meanwhile }: Wanted, missing: readonly string[]): { role: Role; waitsFor: readonly string[] } =>
  isRiskyRole(role) && missing.length > 0 ? { role: meanwhile, waitsFor: missing } : { role, waitsFor: [] }

/** Seconds an access token lives: Entra wants between 60 and 360 minutes. */
export const accessTokenSeconds = 3_600
