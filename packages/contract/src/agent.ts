import { z } from 'zod'
import { breakGlassReview } from './break-glass.ts'
import { GrantEndReason } from './grant-record.ts'
import { SshExtension } from './access-policy.ts'
import { ClockSkew, HostName, hostKnowsEnds, LiveSession, Login, RecorderLogin, WhenStale } from './host.ts'
import { GrantId, HostId, Instant, LiveSessionId, OrgId } from './ids.ts'
import { capability, command, events, query } from './operation.ts'
import { RequesterId } from './requester.ts'

/** Everything a host must know now. It believes nothing that is neither in the signed bundle nor came over its own TLS connection. */
export const AgentState = z.object({
  sequence: z.number().int().describe('grows with every change of access; an older state is refused'),
  now: Instant,
  host: z.object({ id: HostId, name: HostName }),
  bundle: z.base64().describe('signed: user authorities and revocation list; its version is the sequence'),
  principals: z
    .array(z.object({ login: Login, lines: z.array(z.string()).max(10) }))
    .max(1000)
    .describe('the whole content of AuthorizedPrincipalsFile for each login; no other login has one'),
  grants: z
    .array(
      z.object({
        id: GrantId,
        personId: RequesterId.describe('who it is for, as the key id of a certificate says'),
        login: Login,
        startsAt: Instant,
        endsAt: Instant,
        extensions: z.array(SshExtension).max(4),
      }),
    )
    .max(1000),
  ended: z
    .array(z.object({ grantId: GrantId, at: Instant, reason: GrantEndReason }))
    .max(1000)
    .describe('within the last 24 hours'),
  settings: z.object({ staleAfterSeconds: z.number().int(), whenStale: WhenStale }),
  hostCertificateDue: z.boolean().describe('another authority signs for servers now: ask for a new host certificate'),
})

const HostPublicKey = z.string().min(40).max(4096).describe('the line of ssh_host_ed25519_key.pub')
const moment = Instant.describe('by the clock of the host')

/** What the agent on a managed host may call; for its own host, and nothing else (C6). */
export const agent = capability('agent', {
  enrol: command({
    path: '/agent/enrol',
    summary: 'Bring a registered host in by its one-time token',
    permission: 'public',
    rate: 'secret',
    input: z.object({
      token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      hostPublicKey: HostPublicKey,
      agentVersion: z.string().regex(/^[A-Za-z0-9._+-]{1,40}$/),
    }),
    output: z.object({
      hostId: HostId,
      orgId: OrgId,
      name: HostName,
      agentKey: z.string().describe('hf_<ag_…>.<secret>, shown once; an earlier one of this host is dead'),
      hostCertificate: z.string().describe('a line of OpenSSH'),
      recorderLogin: RecorderLogin,
      revocationAuthorities: z.array(z.string()).max(20).describe('lines of OpenSSH: who may sign bundles'),
      state: AgentState,
    }),
    errors: { enrolment_refused: 410, key_refused: 422 },
    audit: { action: 'host.enrolled', target: (_, { hostId }) => hostId },
  }),
  state: query({
    path: '/agent/state',
    summary: 'Who may log in on this host now, and who may no more',
    permission: 'agent',
    input: z.object({}),
    output: AgentState,
  }),
  events: events({
    path: '/agent/events',
    summary: 'Tells at once when there is a new state, and what it is',
    permission: 'agent',
    input: z.object({ state: z.enum(['along']).optional().describe('send the new state along; otherwise it is fetched') }),
    event: 'changed',
    data: z.object({
      sequence: z.number().int(),
      state: AgentState.optional().describe('what agent.state would answer; left out at first, and where it is long'),
      acknowledgeWithinMs: z
        .number()
        .int()
        .optional()
        .describe('comes with a state: a host for which nothing has changed acknowledges it at some moment within this time'),
    }),
  }),
  report: command({
    path: '/agent/report',
    summary: 'What happened on the host: what it knows, who came and went, who was refused',
    permission: 'agent',
    lastWord: true,
    input: z.object({
      acknowledged: z.number().int().min(0).describe('the sequence of the state in force'),
      agentVersion: z
        .string()
        .regex(/^[A-Za-z0-9._+-]{1,40}$/)
        .optional(),
      sessions: z
        .array(z.object({ id: LiveSessionId, grantId: GrantId, login: Login, startedAt: moment }))
        .max(100)
        .default([])
        .describe('begun since the last report'),
      ended: z
        .array(
          z.object({
            id: LiveSessionId,
            at: moment,
            toldAt: moment.nullable().default(null),
            reason: LiveSession.shape.endReason.unwrap(),
            survivors: z.number().int().min(0).max(100_000),
          }),
        )
        .max(100)
        .default([]),
      refused: z
        .array(
          z.object({
            at: moment,
            login: Login.nullable().default(null),
            keyId: z
              .string()
              .regex(/^[\x20-\x7e]{1,200}$/)
              .nullable()
              .default(null),
            reason: z.string().regex(/^[\x20-\x7e]{1,200}$/),
          }),
        )
        .max(100)
        .default([]),
      breakGlass: z
        .array(
          z.object({
            at: moment,
            from: z
              .string()
              .regex(/^[0-9a-fA-F.:%a-z]{2,64}$/)
              .nullable()
              .default(null),
            keyId: z
              .string()
              .regex(/^[\x20-\x7e]{1,200}$/)
              .nullable()
              .default(null),
          }),
        )
        .max(20)
        .default([]),
      posture: z
        .object({
          at: moment,
          accounts: z.number().int().min(0).max(100_000).describe('that were looked at'),
          ways: z
            .array(z.string().regex(/^[\x20-\x7e]{1,200}$/))
            .max(20)
            .describe('in, beside certificates of ours: what sshd would honour for which account'),
        })
        .optional()
        .describe('as sshd itself says; an agent of an earlier version says nothing, and then it is not known'),
      clockSkewSeconds: ClockSkew.optional().describe(
        'how far the host’s own clock is ahead of ours; an agent of an earlier version says nothing',
      ),
      leaving: z
        .boolean()
        .default(false)
        .describe('this host was retired, knows it, and all its sessions have ended; nothing more can be reported after this'),
    }),
    output: z.object({
      hostId: HostId,
      ignored: z.number().int().describe('sessions that are of no grant of this host, and ends of sessions it never reported'),
    }),
    opens: [breakGlassReview],
    meets: [hostKnowsEnds],
    audit: { action: 'host.reported', target: (_, { hostId }) => hostId, onlyIfChanged: true },
  }),
  renewHostCertificate: command({
    path: '/agent/host-certificate',
    summary: 'A new host certificate, before the old one runs out',
    permission: 'agent',
    input: z.object({ hostPublicKey: HostPublicKey }),
    output: z.object({ hostId: HostId, hostCertificate: z.string(), validBefore: Instant }),
    errors: { key_refused: 422 },
    audit: { action: 'host.certificate_renewed', target: (_, { hostId }) => hostId },
  }),
})
