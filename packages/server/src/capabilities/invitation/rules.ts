import { rolesWith, type Role } from '@holdfast/contract'

/** Who may invite whom: managers, and to Owner only an Owner (C1). `inviter` null: no member any more. */
export const mayInvite = (inviter: Role | null, invited: Role): boolean =>
  inviter !== null && rolesWith('member:invite').includes(inviter) && (invited !== 'owner' || inviter === 'owner')

/** A new organisation's first Owner is invited by the operator, with the right to create organisations. */
export const mayFound = (inviter: Role | null): boolean =>
  inviter !== null && rolesWith('operator:organisations').includes(inviter)

export interface Standing {
  role: Role
  /** The inviter's role now: here, or at the operator's for a founding invitation. */
  inviterRole: Role | null
  founding: boolean
  expiresAt: Date
  acceptedAt: Date | null
  revokedAt: Date | null
}

/** Whether the link still opens anything. An inviter who lost the right takes their invitations along. */
export const isOpen = ({ role, inviterRole, founding, expiresAt, acceptedAt, revokedAt }: Standing, now: Date): boolean =>
  acceptedAt === null &&
  revokedAt === null &&
  expiresAt > now &&
  (founding ? mayFound(inviterRole) : mayInvite(inviterRole, role))
