import { z } from 'zod'

/** The five roles of an organisation (C1), strongest first. */
export const roles = ['owner', 'admin', 'reviewer', 'member', 'viewer'] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

const everybody = roles
const managers = ['owner', 'admin'] as const
const reviewers = ['owner', 'admin', 'reviewer'] as const
const writers = ['owner', 'admin', 'reviewer', 'member'] as const

/** Who may do what. The one place where a right is given; `permissions.txt` shows it by operation. */
export const permissions = {
  'organisation:read': everybody,
  'organisation:write': managers,
  'organisation:transfer': ['owner'],
  'member:read': everybody,
  'member:invite': managers,
  'member:write': managers,
  'directory:read': managers,
  'directory:map': managers,
  'directory:manage': ['owner'], // its credentials could remove any Owner but the last
  'key:own': everybody,
  'key:manage': managers,
  'sso:manage': ['owner'], // whoever runs a provider can say that somebody is an Owner
  'service-account:read': everybody,
  'service-account:own': everybody, // those one answers for
  'service-account:manage': managers,
  'ledger:read': reviewers,
  'ledger:verify': everybody,
  'ledger:export': reviewers,
  'ledger:witness': managers,
  'access-log:read': reviewers,
  'policy:read': everybody,
  'policy:write': writers,
  'policy:approve': reviewers,
  'policy:publish': managers,
  'policy:acknowledge': everybody,
  'obligation:read': everybody, // what one owes oneself
  'obligation:oversee': reviewers, // what anybody owes
  'obligation:manage': managers,
  'host:read': everybody,
  'host:manage': managers,
  'database:read': everybody,
  'database:manage': managers,
  'access:read': everybody, // the rules by which access is given
  'access:request': writers,
  'access:approve': reviewers, // those of them whom the access policy names
  'access:oversee': reviewers, // everybody's grants
  'access:manage': managers,
  'access-review:read': reviewers,
  'access-review:decide': managers,
  'staff-access:read': everybody, // who of the operator's staff is in, or asks to be
  'staff-access:decide': managers,
  'recording:read': reviewers,
  'encryption:read': managers,
  'encryption:rotate': managers,
} as const satisfies Record<string, readonly Role[]>

/** Rights over the installation, held only in the operator's own organisation (organisation one). */
export const operatorPermissions = {
  'operator:read': managers,
  'operator:keys': managers,
  'operator:outbox': managers,
  'operator:organisations': managers,
  'operator:staff': writers, // to ask customers; nothing comes of it before they agree
} as const satisfies Record<string, readonly Role[]>

export type OrgPermission = keyof typeof permissions
export type OperatorPermission = keyof typeof operatorPermissions
/**
 * `public`: anybody, signed in or not. `self`: any signed-in person, over their own account only. `agent`: the program on a managed host, for
 * that host only; no person and no API key, and an agent may call nothing else. `directory`: a customer's directory over SCIM, likewise.
 */
export type Permission = OrgPermission | OperatorPermission | 'public' | 'self' | 'agent' | 'directory'

/** What a key may be narrowed to. */
export const Scope = z.enum([...Object.keys(permissions), ...Object.keys(operatorPermissions)] as [
  OrgPermission | OperatorPermission,
  ...(OrgPermission | OperatorPermission)[],
])
export type Scope = z.infer<typeof Scope>

export const isOperatorPermission = (permission: Permission): permission is OperatorPermission =>
  permission in operatorPermissions

const heldByNoRole = ['public', 'self', 'agent', 'directory'] as const
type HeldByNoRole = (typeof heldByNoRole)[number]
export const isHeldByNoRole = (permission: Permission): permission is HeldByNoRole =>
  (heldByNoRole as readonly Permission[]).includes(permission)

/** The roles that hold a permission; empty for `public`, `self`, `agent` and `directory`, which no role gives. */
export const rolesWith = (permission: Permission): readonly Role[] => {
  if (isHeldByNoRole(permission)) return []
  return isOperatorPermission(permission) ? operatorPermissions[permission] : permissions[permission]
}

/** Owner and Admin must have satisfied a second factor before anything else (C2). */
export const mustHaveMfa = (role: Role): boolean => role === 'owner' || role === 'admin'

/** Roles that are given to nobody who is not cleared (C8). */
export const riskyRoles: readonly Role[] = managers
export const isRiskyRole = (role: Role): boolean => riskyRoles.includes(role)

/** Whether `a` is at least as strong as `b`. */
export const atLeast = (a: Role, b: Role): boolean => roles.indexOf(a) <= roles.indexOf(b)
