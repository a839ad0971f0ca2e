import { roles, type Role } from '@holdfast/contract'
import { roleNames } from '../kit/explain.ts'

/** What a role is for, in a line, where one is chosen. */
export const roleWords: Record<Role, string> = {
  owner: 'Everything, including ownership',
  admin: 'Members, settings and keys; publishes policies',
  reviewer: 'Approves policies, reads and exports the ledger',
  member: 'Writes policies, acknowledges them',
  viewer: 'Reads and acknowledges policies',
}

/** The roles somebody may give: only an Owner makes Owners. */
export const givable = (mine: Role): readonly Role[] => (mine === 'owner' ? roles : roles.filter((role) => role !== 'owner'))

export const roleOptions = (offered: readonly Role[]): { value: Role; label: string }[] =>
  offered.map((role) => ({
    value: role,
    label: `${roleNames[role]}: ${roleWords[role].charAt(0).toLowerCase()}${roleWords[role].slice(1)}`,
  }))
