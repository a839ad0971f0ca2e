import {
  entitlements,
  isEntitled,
  isHeldByNoRole,
  isOperatorPermission,
  planNames,
  plansWith,
  rolesWith,
  type CommonCode,
  type HeldBack,
  type Operation,
  type Permission,
  type Scope,
} from '@holdfast/contract'
import { common } from './problem.ts'
import { hasRole, stepUpUntil, type Principal, type RolePrincipal, type StaffPrincipal } from './principal.ts'

const roleNames = (roles: readonly string[]): string => {
  const names = roles.map((role) => role.charAt(0).toUpperCase() + role.slice(1))
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or ')
}

const requireRole = (operation: Operation, principal: RolePrincipal): void => {
  const { permission } = operation
  if (isHeldByNoRole(permission)) return
  if (isOperatorPermission(permission) && !principal.operator) {
    throw common('forbidden', { permission, detail: 'This belongs to the operator’s own organisation.' })
  }
  const roles = rolesWith(permission)
  if (!roles.includes(principal.role)) {
    throw common('forbidden', { permission, detail: `You need ${permission} (${roleNames(roles)}).` })
  }
}

const scopesOf = (principal: RolePrincipal): readonly Scope[] | null => ('scopes' in principal ? principal.scopes : null)
const isWithin = (permission: Permission, scopes: readonly Scope[] | null): boolean =>
  scopes === null || (scopes as readonly Permission[]).includes(permission)

/** Whether the caller's role, and what its key was narrowed to, hold a permission beyond the operation's own: to see everybody's instead of one's own. */
export const holds = (principal: Principal, permission: Scope): boolean =>
  hasRole(principal) &&
  (principal.operator || !isOperatorPermission(permission)) &&
  rolesWith(permission).includes(principal.role) &&
  isWithin(permission, scopesOf(principal))

/** A narrowed key does what it names. Of what is about oneself it may only read: who it is. */
const requireScope = ({ permission, kind }: Operation, scopes: readonly Scope[] | null): void => {
  if (permission === 'self' ? scopes === null || kind === 'query' : isWithin(permission, scopes)) return
  throw common('forbidden', {
    permission,
    detail: `This key was narrowed to other permissions than ${permission}. Use a key that names it.`,
  })
}

/** A service account answers to nobody at a screen: what needs a person, or a confirmation by one, is closed to it. */
const requireNoPerson = ({ permission, sessionOnly, stepUp, service }: Operation): void => {
  if (sessionOnly || stepUp || (permission === 'self' && !service)) throw common('session_required')
}

/** Only changes are ever refused: a lapse freezes what is set up and takes nothing away (operation.ts). The plan came with the caller's own row. */
const requirePlan = (operation: Operation, principal: RolePrincipal): void => {
  if (operation.kind !== 'command' || !operation.entitlement || isEntitled(principal, operation.entitlement)) return
  const [needed, has] = [plansWith(operation.entitlement), planNames[principal.plan]]
  throw common('plan_required', {
    detail: `${entitlements[operation.entitlement].title} needs the plan ${needed}; your organisation is on ${has}. What is set up keeps working but cannot be changed. Whoever operates this installation sets the plan.`,
  })
}

/** What staff may change where the customer agreed to changes: what support repairs, never people, keys, access or approvals. */
const changedByStaff: readonly Permission[] = ['policy:write', 'obligation:manage']
/** Not even to be read: it is about oneself, or about keys. */
export const neverForStaff: readonly Permission[] = [
  'self',
  'agent',
  'directory',
  'key:own',
  'key:manage',
  'service-account:read',
  'service-account:own',
  'service-account:manage',
  'encryption:read',
  'access:request',
  'access-review:read',
  'access-review:decide',
]

/** Reads that the grant's role has, and no more; a few changes where the customer agreed to them. Never what streams, never an export (C5). */
const requireGrant = (operation: Operation, principal: StaffPrincipal): void => {
  if (principal.endsAt === null) throw common('staff_access_ended')
  if (operation.staff) return
  const { permission, kind } = operation
  const refuse = (detail: string) => common('forbidden', { permission, detail })
  if (neverForStaff.includes(permission) || isOperatorPermission(permission) || operation.sessionOnly || operation.stepUp)
    throw refuse('Staff may not do this in a customer’s organisation.')
  if (kind === 'command' && principal.write && changedByStaff.includes(permission)) return requirePlan(operation, principal)
  if (kind !== 'query' || operation.secretInput) throw refuse('This staff access is for reading.')
  if (!rolesWith(permission).includes(principal.role)) throw refuse('The customer’s grant does not reach that far.')
}

const refusedAs = {
  network: 'network_refused',
  locked: 'session_locked',
  method: 'sign_in_method_refused',
} as const satisfies Record<HeldBack, CommonCode>

/** Throws unless the principal may call the operation now (C1, C2, the organisation's sign-in policy). The one place where that is decided. */
export const permit = (operation: Operation, principal: Principal | null, now: Date): void => {
  // Before anything else: an agent's key opens nothing that is not made for agents, not even what is public.
  if (principal?.kind === 'agent') {
    if (principal.leaving && !operation.lastWord) throw common('unauthenticated') // as for a host that never was
    if (operation.permission === 'agent') return
    throw common('forbidden', { detail: 'The agent of a host may call only what is made for agents.' })
  }
  if (principal?.kind === 'directory') {
    if (operation.permission === 'directory') return
    throw common('forbidden', { detail: 'A directory may only provision, below /scim/v2.' })
  }
  if (operation.permission === 'public') return
  if (!principal) throw common('unauthenticated')
  if (principal.kind === 'system') return
  if (principal.kind === 'staff') return requireGrant(operation, principal)
  if (operation.permission === 'agent') throw common('forbidden', { detail: 'Only the agent of a managed host may call this.' })
  if (operation.permission === 'directory') throw common('forbidden', { detail: 'Only a directory may call this.' })
  if (principal.kind === 'service') requireNoPerson(operation)
  const { heldBack } = principal
  if (heldBack !== null && !operation.heldBack?.includes(heldBack)) throw common(refusedAs[heldBack])
  if (principal.kind === 'api_key' && operation.sessionOnly) throw common('session_required')
  if (principal.kind === 'api_key' || principal.kind === 'service') {
    requireRole(operation, principal)
    requireScope(operation, principal.scopes)
    return requirePlan(operation, principal)
  }
  if (principal.restricted && !operation.restricted) throw common('mfa_required')
  requireRole(operation, principal)
  requirePlan(operation, principal)
  if (operation.stepUp && !stepUpUntil(principal, now)) throw common('step_up_required')
}
