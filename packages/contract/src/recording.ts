import { z } from 'zod'
import { HostAddress, HostName, Login } from './host.ts'
import { GrantId, HostId, Instant, LiveSessionId, page, pageOf, PersonId, RecordingId, ServiceAccountId, text } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { requester } from './requester.ts'

const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const Size = z.number().int().min(1).max(10_000)
/** Lines, each an event of asciicast v2: `[seconds, "o" | "r" | "m", text]`. */
const Content = z.string().min(1).max(100_000)

export const RecordingKind = z
  .enum(['terminal', 'command', 'transfer'])
  .describe('transfer: sftp or scp, what was done to which file is listed, contents are not kept')

export const Recording = z.object({
  id: RecordingId,
  grantId: GrantId,
  bastionId: HostId,
  hostId: HostId,
  hostName: HostName,
  login: Login,
  ...requester,
  sessionId: LiveSessionId,
  kind: RecordingKind,
  command: z.string().nullable().describe('what was to be run; null for a terminal'),
  columns: z.number().int(),
  lines: z.number().int(),
  state: z.enum(['running', 'complete', 'cut_off']).describe('cut_off: what came after its last chunk is not known'),
  chunks: z.number().int(),
  characters: z.number().int(),
  head: Hash.describe('hash of the newest chunk, over all before it'),
  startedAt: Instant,
  lastAt: Instant,
  endedAt: Instant.nullable(),
  exitCode: z.number().int().nullable(),
})

const found = { recording_not_found: 404 } as const
const opened = { ...found, recording_damaged: 409 } as const
const running = { ...found, recording_over: 409, chain_broken: 409 } as const
const Chunk = z.object({ index: z.number().int(), content: Content })

/** Sessions recorded on a bastion (C7): written by its agent chunk by chunk, each chained to the one before. */
export const recording = capability('recording', {
  open: command({
    path: '/agent/recordings',
    summary: 'Begin a recording; only with it comes the certificate for the server',
    permission: 'agent',
    input: z.object({
      grantId: GrantId,
      sessionId: LiveSessionId.describe('reported before, on this bastion and by this grant, and not over'),
      publicKey: z.string().min(40).max(4096),
      kind: RecordingKind,
      command: text(1, 8000).nullable().default(null),
      columns: Size.default(80),
      lines: Size.default(24),
    }),
    output: z.object({
      id: RecordingId,
      certificate: z.string(),
      login: Login,
      address: HostAddress,
      port: z.number().int(),
      hostKeyAlias: z.string(),
      knownHosts: z.array(z.string()).max(20),
    }),
    errors: {
      ...{ grant_not_found: 404, grant_not_live: 409, not_started: 409, policy_changed: 409, approver_not_entitled: 409 },
      ...{ not_entitled: 403, not_cleared: 403, host_not_enrolled: 409, too_many_certificates: 409, key_refused: 422 },
      ...{ host_clock_wrong: 409, session_not_reported: 409 },
    },
    audit: { action: 'recording.opened', target: (_, { id }) => id },
  }),
  append: command({
    path: '/agent/recordings/:id/chunks',
    summary: 'The next chunk, chained to the one before',
    permission: 'agent',
    maxBodyBytes: 256 * 1024,
    input: z.object({ id: RecordingId, index: z.number().int().min(0).max(100_000), hash: Hash, content: Content }),
    output: z.object({ id: RecordingId, chunks: z.number().int() }),
    errors: { ...running, chunk_refused: 422, recording_full: 409 },
    audit: { action: 'recording.continued', target: ({ id }) => id },
  }),
  end: command({
    path: '/agent/recordings/:id/end',
    summary: 'The recording is over; with fewer chunks here than were made it is refused',
    permission: 'agent',
    input: z.object({
      id: RecordingId,
      chunks: z.number().int().min(0),
      head: Hash,
      outcome: z.enum(['complete', 'cut_off']),
      exitCode: z.number().int().min(0).max(255).nullable().default(null),
    }),
    output: z.object({ id: RecordingId, state: Recording.shape.state }),
    errors: running,
    audit: { action: 'recording.ended', target: ({ id }) => id },
  }),
  list: query({
    path: '/recordings',
    summary: 'The recorded sessions, newest first',
    permission: 'recording:read',
    input: z.object({
      ...page,
      grantId: GrantId.optional(),
      hostId: HostId.optional().describe('the server, not the bastion'),
      personId: PersonId.optional(),
      serviceAccountId: ServiceAccountId.optional(),
      kind: RecordingKind.optional(),
      state: Recording.shape.state.optional(),
    }),
    output: pageOf(Recording),
  }),
  read: query({
    path: '/recordings/:id',
    summary: 'One recorded session',
    permission: 'recording:read',
    input: z.object({ id: RecordingId }),
    output: Recording,
    errors: found,
  }),
  events: query({
    path: '/recordings/:id/events',
    summary: 'What was recorded, some chunks at a time: lines of asciicast v2',
    permission: 'recording:read',
    input: z.object({ id: RecordingId, from: z.coerce.number().int().min(0).default(0).describe('the first chunk wanted') }),
    output: z.object({ chunks: z.array(Chunk).max(10), next: z.number().int().nullable() }),
    errors: opened,
  }),
  search: query({
    path: '/recordings/:id/search',
    summary: 'Where a text was shown, some chunks at a time',
    permission: 'recording:read',
    rate: 'heavy',
    input: z.object({ id: RecordingId, text: text(2, 100), from: z.coerce.number().int().min(0).default(0) }),
    output: z.object({
      matches: z.array(z.object({ seconds: z.number(), line: z.string().max(300) })).max(500),
      next: z.number().int().nullable().describe('the chunk to go on from; null: all was searched'),
    }),
    errors: opened,
  }),
  verify: query({
    path: '/recordings/:id/verify',
    summary: 'Check every chunk of a recording against its chain',
    permission: 'recording:read',
    rate: 'heavy',
    input: z.object({ id: RecordingId }),
    output: z.object({
      intact: z.boolean(),
      chunks: z.number().int().describe('checked'),
      brokenAt: z.number().int().nullable().describe('the first chunk that is missing or not what it was'),
    }),
    errors: found,
  }),
})
