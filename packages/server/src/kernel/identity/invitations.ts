import { hashToken, randomToken } from '@holdfast/crypto'
import { InvitationId, type PersonId, type Role } from '@holdfast/contract'
import type { Generated } from 'kysely'
import type { Entered } from '../handle.ts'
import { newIdOf } from '../identifier.ts'
import { queueMail } from '../mail.ts'
import { common } from '../problem.ts'
import type { Services } from '../services.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'
import { emailIndexOf } from './email-index.ts'
import { after, days } from './lifetimes.ts'

interface InvitationTable {
  id: string
  emailIndex: Buffer
  emailSealed: Buffer
  role: string
  tokenHash: Buffer
  invitedBy: string
  founding: Generated<boolean>
  createdAt: Generated<Date>
  expiresAt: Date
  acceptedAt: Date | null
  revokedAt: Date | null
}
declare module '../tenancy/schema.ts' {
  interface Database {
    invitation: InvitationTable
  }
}

/** How long an invitation may be accepted. */
export const invitationDays = 7

export interface NewInvitation {
  email: string
  role: Role
  /** Its name, for the mail. */
  organisation: string
  invitedBy: PersonId
  /** To the first Owner of an organisation that the operator creates. */
  founding: boolean
  now: Date
}

const linkText = (organisation: string, role: Role, link: string): string =>
  [
    `You are invited to join ${organisation} on Holdfast as ${role.charAt(0).toUpperCase() + role.slice(1)}.`,
    `Open this link within ${invitationDays} days:`,
    link,
    'It works once. If you do not know what this is about, ignore this mail: without the link nobody can join in your name.',
  ].join('\n\n')

export const invitationPlace = (row: string) => ({ table: 'invitation', column: 'email_sealed', row })

/** The blind index of an address; refuses what is no address. */
export const invitedIndex = async (services: Services, email: string): Promise<Buffer> => {
  const index = await emailIndexOf(services.secrets, email)
  if (!index) throw common('invalid_input', { errors: [{ path: 'email', message: 'is not an e-mail address' }] })
  return index
}

/** Takes back what is open to the address of a member. */
export const revokeInvitationsTo = async (tx: OrgTx, personId: PersonId, now: Date): Promise<void> => {
  const address = tx.selectFrom('person').select('emailIndex').where('id', '=', personId)
  const open = tx.updateTable('invitation').set({ revokedAt: now }).where('emailIndex', 'in', address)
  await open.where('acceptedAt', 'is', null).where('revokedAt', 'is', null).execute()
}

/**
 * Adds an invitation to the organisation entered and queues its mail. Whether the address belongs to somebody we know makes no difference
 * to anything that happens here: the inviter must not learn it.
 */
export const invite = async (
  entered: Entered,
  services: Services,
  { email, organisation, now, ...invitation }: NewInvitation,
) => {
  const id = newIdOf(InvitationId, 'in')
  const token = randomToken()
  const { role } = invitation
  const values = {
    ...invitation,
    id,
    emailIndex: await invitedIndex(services, email),
    emailSealed: await entered.vault.seal('org', invitationPlace(id), email),
    tokenHash: hashToken(token),
    createdAt: now,
    expiresAt: after(now, days(invitationDays)),
    acceptedAt: null,
    revokedAt: null,
  }
  await entered.tx.insertInto('invitation').values(values).execute()
  const text = linkText(organisation, role, `${services.publicUrl}/invitation#${token}`)
  await queueMail(entered, { to: email, subject: `Invitation to ${organisation}`, text })
  return { id, createdAt: now, expiresAt: values.expiresAt }
}
