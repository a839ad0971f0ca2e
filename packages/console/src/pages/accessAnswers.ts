import { breakGlass, database, grant, host, obligations, sshAuthority } from '@holdfast/contract'

/** The answers that a change of a grant makes old. */
export const grantAnswers = [grant.read, grant.list, grant.options, grant.databaseOptions, host.read, database.read]
/** The answers that a change of a server makes old. */
export const hostAnswers = [host.list, host.read, grant.options, grant.list, grant.read]
/** The answers that a change of a database makes old. */
export const databaseAnswers = [database.list, database.read, grant.databaseOptions, grant.list, grant.read]
export const breakGlassAnswers = [breakGlass.list, obligations.mine, obligations.list, obligations.read]
export const rotationAnswers = [sshAuthority.status, obligations.mine, obligations.list]
