import type { PersonId, Role } from '@holdfast/contract'
import type { Generated } from 'kysely'
import type { OrgTx } from './tenancy/org-tx.ts'

/** The connection to a customer's directory; one an organisation. */
interface DirectoryTable {
  id: string
  name: string
  defaultRole: string
  configuredBy: string
  createdAt: Date
  disabledAt: Date | null
}
/** Somebody as the directory describes them; `personId` once they are a person here. */
interface DirectoryUserTable {
  id: string
  directoryId: string
  userNameIndex: Buffer
  externalIdIndex: Buffer | null
  emailIndex: Buffer | null
  active: boolean
  marked: Generated<boolean>
  personId: string | null
  invitationId: string | null
  resourceSealed: Buffer
  createdAt: Date
  updatedAt: Date
}
declare module './tenancy/schema.ts' {
  interface Database {
    directory: DirectoryTable
    directoryUser: DirectoryUserTable
  }
}

/** Whether the organisation's directory knows the address, and everybody it gives it to is switched off there. */
export const isSwitchedOff = async (tx: OrgTx, emailIndex: Buffer): Promise<boolean> => {
  const rows = await tx
    .selectFrom('directoryUser')
    .innerJoin('directory', 'directory.id', 'directoryUser.directoryId')
    .select('directoryUser.active')
    .where('directoryUser.emailIndex', '=', emailIndex)
    .where('directoryUser.marked', '=', false)
    .where('directory.disabledAt', 'is', null)
    .orderBy('directoryUser.active', 'desc')
    .limit(1)
    .execute()
  return rows[0]?.active === false
}

/** Whether the organisation's directory answers for somebody: it is enabled, and they are one of its active people. */
const isManaged = async (tx: OrgTx, personId: PersonId): Promise<boolean> => {
  const row = await tx
    .selectFrom('directoryUser')
    .innerJoin('directory', 'directory.id', 'directoryUser.directoryId')
    .select('directoryUser.id')
    .where('directoryUser.personId', '=', personId)
    .where('directoryUser.active', '=', true)
    .where('directory.disabledAt', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Whether a membership is the directory's to change, so that a person here must leave it alone. Ownership is people's: whoever is Owner, or is
 * made one, is not the directory's.
 */
export const isTheDirectorys = async (tx: OrgTx, personId: PersonId, now: Role | null, next: Role | null): Promise<boolean> =>
  now !== 'owner' && next !== 'owner' && isManaged(tx, personId)

/** What to do about it. */
export const managedElsewhere = 'The directory answers for this member: change them there, or disable the connection first.'
