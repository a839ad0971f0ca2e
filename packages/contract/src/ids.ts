import { z } from 'zod'

/** A branded, prefixed identifier: `<prefix>_<26 lower-case Crockford base32 characters>` (a UUIDv7, so ids sort by creation). */
export const id = <P extends string>(prefix: P) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`), `an id beginning with ${prefix}_`)
    .brand<P>()

/** Organisations are named by a UUID, since the ledger's leaf holds its 16 bytes. */
export const OrgId = z.uuid().brand<'org'>()
export type OrgId = z.infer<typeof OrgId>

export const PersonId = id('pe')
export type PersonId = z.infer<typeof PersonId>
export const SessionId = id('se')
export type SessionId = z.infer<typeof SessionId>
export const InvitationId = id('in')
export const ApiKeyId = id('ak')
export const ServiceAccountId = id('sa')
export type ServiceAccountId = z.infer<typeof ServiceAccountId>
export const FactorId = id('fa')
export const PolicyId = id('po')
export const PolicyVersionId = id('pv')
export const MailId = id('ma')
export const ObligationId = id('ob')
export type ObligationId = z.infer<typeof ObligationId>
export const HostId = id('ho')
export type HostId = z.infer<typeof HostId>
/** The program on a managed host; a new one at each enrolment. */
export const AgentId = id('ag')
export type AgentId = z.infer<typeof AgentId>
export const DatabaseId = id('db')
export type DatabaseId = z.infer<typeof DatabaseId>
/** A role made in a database for one grant. */
export const DatabaseRoleId = id('dr')
export const AccessPolicyId = id('ap')
export type AccessPolicyId = z.infer<typeof AccessPolicyId>
export const GrantId = id('gr')
export type GrantId = z.infer<typeof GrantId>
/** Given by the agent when a session begins. */
export const LiveSessionId = id('ls')
export const BreakGlassId = id('bg')
export const EmergencyKeyId = id('ek')
export const StaffGrantId = id('sg')
export type StaffGrantId = z.infer<typeof StaffGrantId>
export const StaffPolicyId = id('sp')
export const SshRotationId = id('sr')
export type SshRotationId = z.infer<typeof SshRotationId>
/** Of a second factor that is lost. */
export const RecoveryId = id('rv')
export type RecoveryId = z.infer<typeof RecoveryId>
export const RecordingId = id('rc')
export type RecordingId = z.infer<typeof RecordingId>
export const DirectoryId = id('di')
export type DirectoryId = z.infer<typeof DirectoryId>
export const DirectoryCredentialId = id('dc')
export type DirectoryCredentialId = z.infer<typeof DirectoryCredentialId>
/** Of a SCIM resource, as a customer's directory knows it. */
export const DirectoryUserId = id('du')
export type DirectoryUserId = z.infer<typeof DirectoryUserId>
export const DirectoryGroupId = id('dg')
export type DirectoryGroupId = z.infer<typeof DirectoryGroupId>
export const DirectoryLogId = id('dl')
export const DirectoryTestId = id('dt')
export const AccessReviewId = id('ar')
export type AccessReviewId = z.infer<typeof AccessReviewId>
export const AccessReviewItemId = id('ai')
export type AccessReviewItemId = z.infer<typeof AccessReviewItemId>

/** How an organisation's people sign in with its own provider. */
export const SsoConnectionId = id('co')
export type SsoConnectionId = z.infer<typeof SsoConnectionId>

/** RFC 3339, UTC, milliseconds. */
export const Instant = z.iso.datetime()
/** RFC 3339 full-date. */
export const CalendarDate = z.iso.date()

export const Email = z.email().max(254).describe('an e-mail address')
/** Text without control characters other than line breaks; PostgreSQL cannot store NUL. */
export const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(value), 'must not contain control characters')

/** What begins another line, or turns the direction of what follows: in a mail, a list or a file it could pass for words of ours. */
const breaks = /[\t\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/** Text of one line: what things and people are called. */
export const line = (min: number, max: number) => text(min, max).refine((value) => !breaks.test(value), 'must be one line')

/** A page of a list: how many rows, and the cursor that the page before returned as `next`. */
export const page = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  after: z.string().max(200).optional().describe('the `next` cursor of the page before'),
}
/** The output of a list: at most 100 rows, and a cursor when there are more. */
export const pageOf = <T extends z.ZodType>(row: T) => z.object({ rows: z.array(row).max(100), next: z.string().nullable() })
