import { isOperatorPermission, rolesWith, type Operation } from '@holdfast/contract'
import { common } from './problem.ts'
import { stepUpUntil, type PersonPrincipal, type Principal } from './principal.ts'

const roleNames = (roles: readonly string[]): string =>
  roles.map((role) => role.charAt(0).toUpperCase() + role.slice(1)).join(' or ')

const requireRole = (operation: Operation, principal: PersonPrincipal): void => {
  const { permission } = operation
  if (permission === 'public' || permission === 'self' || permission === 'agent') return
  if (isOperatorPermission(permission) && !principal.operator) {
    throw common('forbidden', { permission, detail: 'This belongs to the operator’s own organisation.' })
  }
  const roles = rolesWith(permission)
  if (!roles.includes(principal.role)) {
    throw common('forbidden', { permission, detail: `You need ${permission} (${roleNames(roles)}).` })
  }
}

/** Throws unless the principal may call the operation now (C1, C2). The one place where that is decided. */
export const permit = (operation: Operation, principal: Principal | null, now: Date): void => {
  // Before anything else: an agent's key opens nothing that is not made for agents, not even what is public.
  if (principal?.kind === 'agent') {
    if (operation.permission === 'agent') return
    throw common('forbidden', { detail: 'The agent of a host may call only what is made for agents.' })
  }
  if (operation.permission === 'public') return
  if (!principal) throw common('unauthenticated')
  if (principal.kind === 'system') return
  if (operation.permission === 'agent') throw common('forbidden', { detail: 'Only the agent of a managed host may call this.' })
  if (principal.kind === 'api_key') {
    if (operation.sessionOnly) throw common('session_required')
    return requireRole(operation, principal)
  }
  if (principal.restricted && !operation.restricted) throw common('mfa_required')
  requireRole(operation, principal)
  if (operation.stepUp && !stepUpUntil(principal, now)) throw common('step_up_required')
}
