import { z } from 'zod'
import { Environment, Label, Login } from './host.ts'
import { AccessPolicyId, DatabaseId, HostId, Instant, page, pageOf, PersonId, ServiceAccountId, text, line } from './ids.ts'
import { BusinessCalendar } from './obligation-operations.ts'
import { capability, command, query } from './operation.ts'
import { Role } from './roles.ts'

/** What a certificate may carry beyond a terminal. */
export const SshExtension = z.enum([
  'permit-port-forwarding',
  'permit-agent-forwarding',
  'permit-X11-forwarding',
  'permit-user-rc',
])

const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length

/** What access is to. A rule for servers never gives a database, and the other way round; it is fixed. */
export const AccessKind = z.enum(['host', 'database'])

const people = { roles: z.array(Role).max(5).default([]), personIds: z.array(PersonId).max(200).default([]) }

/** People by role, by name, or both. */
export const AccessPeople = z
  .object(people)
  .refine(({ roles, personIds }) => roles.length + personIds.length > 0, 'name a role or a person')

/** People likewise, and service accounts by name only: to name one is to agree that it asks without a person’s code. */
export const AccessRequesters = z
  .object({
    ...people,
    serviceAccountIds: z.array(ServiceAccountId).max(100).default([]).describe('each by name; a role never means them'),
  })
  .refine(
    ({ roles, personIds, serviceAccountIds }) => roles.length + personIds.length + serviceAccountIds.length > 0,
    'name a role, a person or a service account',
  )

/** Servers or databases by id, or by environment and labels (one of the environments, all of the labels). */
export const AccessSelection = z
  .object({
    hostIds: z.array(HostId).max(200).default([]),
    databaseIds: z.array(DatabaseId).max(200).default([]),
    environments: z.array(Environment).max(50).default([]),
    labels: z.array(Label).max(20).default([]),
  })
  .refine(
    ({ hostIds, databaseIds, environments, labels }) =>
      hostIds.length + databaseIds.length + environments.length + labels.length > 0,
    'select something: nothing never means all',
  )

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM')
export const AccessHours = z
  .object({
    timeZone: BusinessCalendar.shape.timeZone,
    weekdays: BusinessCalendar.shape.weekdays,
    from: time,
    to: time.describe('later than `from`; a grant ends then at the latest'),
  })
  .refine(({ from, to }) => from < to, '`to` must be later than `from`')

const rules = {
  name: line(1, 100),
  kind: AccessKind,
  selects: AccessSelection,
  logins: z.array(Login).min(1).max(50).refine(unique, 'a login twice').describe('of databases: their profiles'),
  requesters: AccessRequesters,
  approvers: AccessPeople,
  approvals: z.union([z.literal(1), z.literal(2)]).describe('how many different people must approve; never the requester'),
  maxSeconds: z.number().int().min(60).max(2_592_000),
  reasonRequired: z.boolean(),
  ticketPattern: z
    .string()
    .regex(/^[\x21-\x7e]{1,40}$/, 'visible characters, no spaces')
    .nullable()
    .describe('required form of a ticket, # for a number: OPS-#; null: none needed'),
  sourceNetworks: z
    .array(z.string().max(64))
    .max(20)
    .describe('CIDR; only from there do certificates work; empty: from anywhere'),
  hours: AccessHours.nullable().describe('null: at any time'),
  extensions: z.array(SshExtension).max(4).refine(unique, 'an extension twice'),
  apiKeysMayAsk: z.boolean().describe('a person’s own API key may request and use access without a code'),
  bastionId: HostId.nullable().describe(
    'sessions go through this bastion, which records them, and no other way; null: not recorded',
  ),
}

/** What is filled in when it is left out. */
const withDefaults = {
  ...rules,
  kind: rules.kind.default('host'),
  approvals: rules.approvals.default(1),
  maxSeconds: rules.maxSeconds.default(3600),
  reasonRequired: rules.reasonRequired.default(true),
  ticketPattern: rules.ticketPattern.default(null),
  sourceNetworks: rules.sourceNetworks.default([]),
  hours: rules.hours.default(null),
  extensions: rules.extensions.default([]),
  apiKeysMayAsk: rules.apiKeysMayAsk.default(false),
  bastionId: rules.bastionId.default(null),
}

export const AccessPolicy = z.object({
  id: AccessPolicyId,
  version: z.number().int().describe('counts from 1; requests are bound to one'),
  ...rules,
  state: z.enum(['active', 'retired']),
  createdBy: PersonId,
  createdAt: Instant,
  changedBy: PersonId,
  changedAt: Instant,
})

const refusals = {
  network_invalid: 422,
  host_not_found: 404,
  database_not_found: 404,
  kind_mismatch: 422,
  member_not_found: 404,
  service_account_not_found: 404,
  not_a_bastion: 422,
  recording_forbids_extensions: 422,
} as const
const changing = { access_policy_not_found: 404, access_policy_retired: 409 } as const

/** Who may ask for access to what, for how long, and who approves (C6). */
export const accessPolicy = capability('accessPolicy', {
  create: command({
    path: '/access-policies',
    summary: 'Say who may ask for access to which servers or databases, and who approves',
    permission: 'access:manage',
    stepUp: true,
    input: z.object(withDefaults),
    output: AccessPolicy,
    errors: refusals,
    audit: { action: 'access_policy.created', target: (_, { id }) => id },
  }),
  update: command({
    path: '/access-policies/:id/update',
    summary: 'Replace the rules by the next version; grants that it would not give end now, open requests must be made anew',
    permission: 'access:manage',
    stepUp: true,
    input: z.object({ id: AccessPolicyId, version: z.number().int().describe('the one that was read'), ...withDefaults }),
    output: AccessPolicy,
    errors: { ...refusals, ...changing, version_changed: 409 },
    audit: { action: 'access_policy.updated', target: ({ id }) => id },
  }),
  retire: command({
    path: '/access-policies/:id/retire',
    summary: 'No more access by this policy; grants under it end now',
    permission: 'access:manage',
    stepUp: true,
    input: z.object({ id: AccessPolicyId, reason: text(1, 500) }),
    output: AccessPolicy,
    errors: changing,
    audit: { action: 'access_policy.retired', target: ({ id }) => id },
  }),
  wouldEnd: query({
    path: '/access-policies/:id/would-end',
    summary: 'How many grants that run would end, and requests be cancelled, by these rules, or by retiring it',
    permission: 'access:manage',
    secretInput: true, // rules are no line of an address
    input: z.object({ id: AccessPolicyId, rules: z.object(withDefaults).nullable().describe('null: by retiring it') }),
    output: z.object({ id: AccessPolicyId, grants: z.number().int(), requests: z.number().int() }),
    errors: { ...changing, network_invalid: 422 },
  }),
  list: query({
    path: '/access-policies',
    summary: 'The access policies, newest first',
    permission: 'access:read',
    input: z.object({ ...page, state: AccessPolicy.shape.state.optional() }),
    output: pageOf(AccessPolicy),
  }),
  read: query({
    path: '/access-policies/:id',
    summary: 'One access policy',
    permission: 'access:read',
    input: z.object({ id: AccessPolicyId }),
    output: AccessPolicy,
    errors: { access_policy_not_found: 404 },
  }),
})
