import { z } from 'zod'
import { AccessKind, SshExtension } from './access-policy.ts'
import { AccessPolicyId, DatabaseId, DatabaseRoleId, GrantId, HostId, Instant, PersonId } from './ids.ts'
import { Environment, HostName, LiveSession, Login } from './host.ts'
import { requester } from './requester.ts'

export const GrantState = z
  .enum(['requested', 'approved', 'denied', 'cancelled', 'lapsed', 'applied', 'ended'])
  .describe('applied: an extension that was approved, it moved the end of the grant it extends')
export const GrantEndReason = z.enum([
  'expired',
  'returned',
  'revoked',
  'host_retired',
  'database_retired',
  'policy_retired',
  'not_entitled', // its person has left, or lost the role; or its policy was changed and would not give it any more
  'account_ended', // its service account was disabled, or the secret that asked was revoked or replaced
])

export const Grant = z.object({
  id: GrantId,
  state: GrantState,
  endReason: GrantEndReason.nullable(),
  kind: AccessKind.describe('what it is access to'),
  hostId: HostId.nullable().describe('the server; null where it is access to a database'),
  databaseId: DatabaseId.nullable().describe('the database; null where it is access to a server'),
  targetName: HostName.describe('of the server or the database'),
  environment: Environment,
  login: Login.describe('of a database: the profile'),
  ...requester,
  policyId: AccessPolicyId,
  policyVersion: z.number().int(),
  seconds: z.number().int().describe('asked for; counts from the approval, or from `notBefore`'),
  notBefore: Instant.nullable(),
  reason: z.string(),
  ticket: z.string().nullable(),
  extensions: z.array(SshExtension).max(4),
  sourceNetworks: z.array(z.string()).max(20),
  extendsId: GrantId.nullable().describe('the grant whose end this request would move'),
  requestHash: z.string().describe('SHA-256 of the request, hex: what an approval is bound to'),
  requestedAt: Instant,
  requestExpiresAt: Instant.describe('when an unanswered request lapses'),
  approvals: z.array(z.object({ personId: PersonId, at: Instant })).max(2),
  approvalsNeeded: z.number().int(),
  startsAt: Instant.nullable().describe('null until approved'),
  endsAt: Instant.nullable().describe('null until approved'),
  endedAt: Instant.nullable(),
  mayApprove: z.boolean().describe('whether the caller may approve it now'),
})

/** That access ended: who was told when, and what was left. */
export const EndProof = z.object({
  announcedAs: z
    .number()
    .int()
    .nullable()
    .describe('the number under which hosts heard of it; null: it ran out, hosts know by themselves'),
  toldAt: Instant.nullable().describe('when the host said it knows'),
  deadAt: Instant.nullable().describe('when its last session ended; null while one is open, or there was none'),
  openSessions: z.number().int(),
  unheard: z
    .boolean()
    .describe('the host was retired and did not say in time that its sessions ended: this end stays without proof'),
  survivors: z.number().int().nullable().describe('processes counted after the end, over all its sessions'),
})

/** A role made in a database for one grant, and the proof of its end: no log-in, then no backend, then no role. */
export const DatabaseRole = z.object({
  id: DatabaseRoleId,
  name: z.string(),
  createdAt: Instant.describe('when its credentials were given'),
  madeAt: Instant.nullable().describe('when the database had it; null: not yet, or never'),
  validUntil: Instant,
  noLoginAt: Instant.nullable().describe('when the database refused new log-ins of it'),
  deadAt: Instant.nullable().describe('when its last backend was gone; null: not yet proved ended'),
  droppedAt: Instant.nullable().describe('when it was no more'),
  backendsEnded: z.number().int().describe('connections that were cut'),
  triedAt: Instant.nullable().describe('the last attempt to end it'),
  abandonedAt: Instant.nullable().describe('when somebody said that it cannot be proved, and why'),
  trouble: z.string().nullable().describe('why the last attempt to make or end it did not succeed'),
})

export const GrantDetail = Grant.extend({
  policyName: z.string(),
  decisionReason: z.string().nullable().describe('why it was denied or revoked; or what its policy does not allow any more'),
  endedBy: PersonId.nullable(),
  certificates: z
    .array(z.object({ serial: z.string(), keyFingerprint: z.string(), issuedAt: Instant, validBefore: Instant }))
    .max(50),
  sessions: z.array(LiveSession).max(100),
  databaseRoles: z.array(DatabaseRole).max(20),
  proof: EndProof.nullable().describe('null until it ended, and of databases: see the roles'),
})
