import { breakGlass, database, grant, host, ledger, obligations, sshAuthority } from '@holdfast/contract'

/** The answers that a change of a grant makes old. */
export const grantAnswers = [grant.read, grant.list, grant.options, grant.databaseOptions, host.read, database.read, ledger.list]
/** The answers that a change of a server makes old. */
export const hostAnswers = [host.list, host.read, grant.options, grant.list, grant.read, ledger.list]
/** The answers that a change of a database makes old. */
export const databaseAnswers = [database.list, database.read, grant.databaseOptions, grant.list, grant.read, ledger.list]
export const breakGlassAnswers = [breakGlass.list, obligations.mine, obligations.list, obligations.read, ledger.list]
export const rotationAnswers = [sshAuthority.status, obligations.mine, obligations.list, ledger.list]
