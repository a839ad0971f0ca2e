import type { Role } from '@holdfast/contract'
import { isWeaker } from '../../kernel/service-accounts.ts'

/** Accounts of an organisation that are not disabled, and live keys of one. */
export const liveAccounts = 200
export const liveKeys = 10

/** Nobody gives, or takes over, what is as strong as they are: neither the role it has nor the one it shall have. */
export const mayShape = (mine: Role, roles: readonly Role[]): boolean => roles.every((role) => isWeaker(role, mine))
