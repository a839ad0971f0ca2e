import { z } from 'zod'
import { HostName } from './host.ts'
import { HostId, Instant, PersonId, SshRotationId, text } from './ids.ts'
import { hours, obligation } from './obligation.ts'
import { capability, command, query } from './operation.ts'

export const SshPurpose = z
  .enum(['user', 'host', 'revocations'])
  .describe('what it signs: certificates of people, certificates of servers, or what servers are told to believe and to refuse')

/** Whether every server believes a new authority in time; opened by its rotation, met when the last one has said so. */
export const sshAuthorityBelieved = obligation({
  name: 'ssh-authority.believed',
  title: 'Have every server believe the new SSH authority',
  about: 'ssh_rotation',
  page: '/servers/authorities?rotation=:subject',
  promise: 'D3',
  owedBy: 'role', // Admin
  within: 'as opened',
  warn: [hours(2)],
  escalate: [{ after: hours(0), to: 'owner' }],
})

const Version = z.object({
  version: z.number().int(),
  fingerprint: z.string(),
  createdAt: Instant,
  ageDays: z.number().int(),
  standing: z.enum(['signs', 'believed', 'retired']).describe('believed: hosts let in what it signed, and it signs nothing new'),
})

export const SshRotation = z.object({
  id: SshRotationId,
  purpose: SshPurpose,
  fromVersion: z.number().int(),
  toVersion: z.number().int().nullable(),
  state: z
    .enum(['making', 'announced', 'moved', 'done'])
    .describe('announced: both are believed and the old one signs; moved: the new one signs; done: the old one is retired'),
  startedAt: Instant,
  startedBy: PersonId,
  movesAt: Instant.describe('when the new key signs at the latest; a key for bundles waits for every server'),
  movedAt: Instant.nullable(),
  retiredAt: Instant.nullable(),
  servers: z.number().int().describe('enrolled now'),
  waitingFor: z
    .array(z.object({ id: HostId, name: HostName, lastSeenAt: Instant.nullable() }))
    .max(100)
    .describe(
      'enrolled servers that are not through: have not acknowledged the new key, or still show a certificate of the old one',
    ),
  leftOut: z.array(HostId).max(1000).describe('had not acknowledged when the new key began to sign'),
})

/** Keys of the organisation that sign for access to servers: ages, and a new one without a login being refused (C6, D3). */
export const sshAuthority = capability('sshAuthority', {
  status: query({
    path: '/ssh-authorities/status',
    summary: 'The SSH authorities with their ages, and how far their rotations are',
    permission: 'host:read',
    input: z.object({}),
    output: z.object({
      authorities: z.array(z.object({ purpose: SshPurpose, versions: z.array(Version).max(100) })).max(3),
      rotations: z.array(SshRotation).max(20).describe('newest first'),
    }),
  }),
  rotate: command({
    path: '/ssh-authorities/rotate',
    summary:
      'A new SSH authority: it signs when every server believes it, and the old one is retired when nothing that it signed lives',
    permission: 'encryption:rotate',
    stepUp: true,
    rate: 'heavy',
    input: z.object({
      purpose: SshPurpose,
      waitSeconds: z
        .number()
        .int()
        .min(60)
        .max(7 * 86_400)
        .default(86_400)
        .describe('for servers that do not acknowledge; then the new key signs without them'),
    }),
    output: SshRotation,
    errors: { rotation_running: 409 },
    opens: [sshAuthorityBelieved],
    audit: { action: 'ssh_authority.rotation_started', target: (_, { id }) => id },
  }),
  hasten: command({
    path: '/ssh-authorities/rotations/:id/hasten',
    summary: 'Take the next step of a rotation now: the new key signs, or the old one is retired. Who is not through is shut out',
    permission: 'encryption:rotate',
    stepUp: true,
    input: z.object({ id: SshRotationId, reason: text(1, 500) }),
    output: SshRotation,
    errors: { rotation_not_found: 404, rotation_not_ready: 409, rotation_done: 409 },
    meets: [sshAuthorityBelieved],
    withdraws: [sshAuthorityBelieved],
    audit: { action: 'ssh_authority.hastened', target: ({ id }) => id },
  }),
})
