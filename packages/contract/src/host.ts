import { z } from 'zod'
import { GrantId, HostId, Instant, LiveSessionId, page, pageOf, text } from './ids.ts'
import { obligation, hours, minutes } from './obligation.ts'
import { capability, command, query } from './operation.ts'
import { requester } from './requester.ts'

export const HostName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits and hyphens, at most 63')
  .describe('unique in the organisation')
export const Environment = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and hyphens, at most 32')
export const Label = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}=[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a label is name=value')
  .describe('name=value')
/** A DNS name or an address, as clients connect to it. */
export const HostAddress = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'a DNS name or an address')
/** A Unix account. */
export const Login = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'small letters, digits, - and _, at most 32')
export const RecorderLogin = Login.nullable().describe(
  'of a bastion: the account that its recorder runs under and nobody else has; null for every other server',
)
export const WhenStale = z
  .enum(['refuse', 'allow'])
  .describe('what the host does with a login when it has heard nothing of us for ten minutes')

/**
 * A host whose clock is further off lets nobody in: sshd judges certificates by it, and they begin a minute before they are made. Deadlines do not
 * depend on it.
 */
export const worstSkewSeconds = 45
const skewBound = 2_000_000_000
export const ClockSkew = z.number().int().min(-skewBound).max(skewBound).describe('how far its own clock is ahead of ours')

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length
const labels = z.array(Label).max(20).refine(unique, 'a label twice')

export const Host = z.object({
  id: HostId,
  name: HostName,
  environment: Environment,
  labels: z.array(Label).max(20),
  address: HostAddress,
  port: z.number().int(),
  whenStale: WhenStale,
  recorderLogin: RecorderLogin,
  state: z.enum(['waiting', 'enrolled', 'retired']).describe('waiting: registered, its agent has not enrolled yet'),
  hostKeyFingerprint: z.string().nullable(),
  agentVersion: z.string().nullable(),
  acknowledged: z.number().int().nullable().describe('the last change of access that the host said it has'),
  acknowledgedAt: Instant.nullable(),
  lastSeenAt: Instant.nullable(),
  standing: z
    .enum(['current', 'catching_up', 'behind', 'silent', 'none'])
    .describe(
      'current: has acknowledged the newest change; catching_up: not yet, and it is at most 10 s old; behind: not for longer; silent: not heard of for two minutes; none: not enrolled',
    ),
  sshd: z
    .object({
      checkedAt: Instant,
      accounts: z.number().int().describe('that were looked at'),
      ways: z.array(z.string()).max(20).describe('in, beside certificates of ours; none is the rule'),
    })
    .nullable()
    .describe('what sshd says that it honours; null: its agent has not said'),
  clockSkewSeconds: ClockSkew.nullable().describe('how far its own clock is ahead of ours; null: its agent has not said'),
  liveSessions: z.number().int(),
  createdAt: Instant,
  enrolledAt: Instant.nullable(),
  retiredAt: Instant.nullable(),
})

/** One login on a host by a grant, as the host tells it. */
export const LiveSession = z.object({
  id: LiveSessionId,
  hostId: HostId,
  grantId: GrantId,
  ...requester,
  login: Login,
  startedAt: Instant,
  toldAt: Instant.nullable().describe('when the host heard that it is to end'),
  endedAt: Instant.nullable(),
  endReason: z.enum(['closed', 'expired', 'revoked', 'refused', 'unknown']).nullable(),
  survivors: z.number().int().nullable().describe('processes left after the end; 0 is proved by a count'),
})

/** How to bring a host in. The token is shown once. */
export const Enrolment = z.object({
  hostId: HostId,
  host: Host,
  token: z.string().describe('one use, within the hour'),
  expiresAt: Instant,
  caFingerprint: z
    .string()
    .nullable()
    .describe('SHA-256 of the authority of our own TLS certificate, hex; null where it is a public one'),
  command: z.string().describe('to be run on the host, as root'),
})

/** An end of access of which the server has not said that it knows: there is no proof of it (C6). Due a quarter of an hour after the end. */
export const hostKnowsEnds = obligation({
  name: 'host.knows-ends',
  title: 'Find out why a server does not say that access ended',
  about: 'host',
  page: '/servers/:subject',
  promise: 'C6',
  owedBy: 'role', // Admin
  within: 'as opened',
  warn: [minutes(5)],
  escalate: [{ after: hours(0), to: 'owner' }],
  firm: true,
  openedBy: 'host.watch-ends',
})

const found = { host_not_found: 404 } as const
const live = { ...found, host_retired: 409 } as const

/** Managed servers (C6): registered here, enrolled by the agent on them, retired. */
export const host = capability('host', {
  register: command({
    path: '/hosts',
    summary: 'Register a server; its enrolment token is shown once',
    permission: 'host:manage',
    stepUp: true,
    input: z.object({
      name: HostName,
      environment: Environment,
      labels: labels.default([]),
      address: HostAddress,
      port: z.number().int().min(1).max(65_535).default(22),
      whenStale: WhenStale.default('refuse'),
      recorderLogin: RecorderLogin.default(null),
    }),
    output: Enrolment,
    errors: { name_taken: 409 },
    audit: { action: 'host.registered', target: (_, { hostId }) => hostId },
  }),
  renewToken: command({
    path: '/hosts/:id/enrolment-token',
    summary: 'Issue another enrolment token; earlier ones die. Enrolling again replaces the agent',
    permission: 'host:manage',
    stepUp: true,
    input: z.object({ id: HostId }),
    output: Enrolment,
    errors: live,
    audit: { action: 'host.token_issued', target: ({ id }) => id },
  }),
  update: command({
    path: '/hosts/:id/update',
    summary: 'Change labels, environment, address or what happens when it is cut off',
    permission: 'host:manage',
    stepUp: true,
    input: z.object({
      id: HostId,
      environment: Environment.optional(),
      labels: labels.optional(),
      address: HostAddress.optional(),
      port: z.number().int().min(1).max(65_535).optional(),
      whenStale: WhenStale.optional(),
    }),
    output: Host,
    errors: live,
    audit: { action: 'host.updated', target: ({ id }) => id },
  }),
  retire: command({
    path: '/hosts/:id/retire',
    summary: 'Retire a server: its grants end, its agent is refused from now on',
    permission: 'host:manage',
    stepUp: true,
    input: z.object({ id: HostId, reason: text(1, 500) }),
    output: Host,
    errors: live,
    withdraws: [hostKnowsEnds],
    audit: { action: 'host.retired', target: ({ id }) => id },
  }),
  list: query({
    path: '/hosts',
    summary: 'The servers, with what is known of each now',
    permission: 'host:read',
    input: z.object({
      ...page,
      state: Host.shape.state.optional(),
      environment: Environment.optional(),
      label: Label.optional(),
      search: z.string().max(63).optional().describe('part of a name'),
    }),
    output: pageOf(Host),
  }),
  read: query({
    path: '/hosts/:id',
    summary: 'One server with its newest sessions and refused logins',
    permission: 'host:read',
    input: z.object({ id: HostId }),
    output: Host.extend({
      sessions: z.array(LiveSession).max(100),
      refusals: z
        .array(z.object({ at: Instant, login: z.string().nullable(), keyId: z.string().nullable(), reason: z.string() }))
        .max(100),
    }),
    errors: found,
  }),
  authorities: query({
    path: '/ssh-authorities',
    summary: 'The public keys that sign: lines for known_hosts and for TrustedUserCAKeys',
    permission: 'host:read',
    input: z.object({}),
    output: z.object({
      knownHosts: z.array(z.string()).max(20).describe('@cert-authority lines; connect with HostKeyAlias'),
      userAuthorities: z.array(z.string()).max(20),
    }),
  }),
})
