import { isOperatorPermission, rolesWith, type Operation } from '@holdfast/contract'
import { common } from './problem.ts'
import { stepUpUntil, type Principal } from './principal.ts'

const roleNames = (roles: readonly string[]): string =>
  roles.map((role) => role.charAt(0).toUpperCase() + role.slice(1)).join(' or ')

const requireRole = (operation: Operation, principal: Exclude<Principal, { kind: 'system' }>): void => {
  const { permission } = operation
  if (permission === 'public' || permission === 'self') return
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
  if (operation.permission === 'public') return
  if (!principal) throw common('unauthenticated')
  if (principal.kind === 'system') return
  if (principal.kind === 'api_key') {
    if (operation.sessionOnly) throw common('session_required')
    return requireRole(operation, principal)
  }
  if (principal.restricted && !operation.restricted) throw common('mfa_required')
  requireRole(operation, principal)
  if (operation.stepUp && !stepUpUntil(principal, now)) throw common('step_up_required')
}
