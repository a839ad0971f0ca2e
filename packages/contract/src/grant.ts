import { z } from 'zod'
import { AccessPolicy, SshExtension } from './access-policy.ts'
import { DatabaseName, databaseRoleEnd } from './database.ts'
import { Grant, GrantDetail, GrantState } from './grant-record.ts'
import { Environment, HostAddress, HostName, Login } from './host.ts'
import {
  AccessPolicyId,
  DatabaseId,
  DatabaseRoleId,
  GrantId,
  HostId,
  Instant,
  page,
  pageOf,
  PersonId,
  ServiceAccountId,
  text,
} from './ids.ts'
import { capability, command, query } from './operation.ts'
import { proof, proofErrors } from './passkey.ts'

const GrantSeconds = z.number().int().min(60).max(2_592_000)

const found = { grant_not_found: 404 } as const
const people = { not_entitled: 403, not_cleared: 403 } as const
const targets = { host_not_found: 404, host_not_enrolled: 409, database_not_found: 404, database_retired: 409 } as const

/** The terms of a policy, as far as whoever asks must know them. */
const OfferedPolicy = AccessPolicy.pick({
  ...{ id: true, name: true, logins: true, maxSeconds: true, approvals: true, reasonRequired: true },
  ...{ ticketPattern: true, sourceNetworks: true, hours: true, extensions: true },
}).extend({
  apiKeysMayAsk: z.boolean().describe('a key asks without a code; that of a service account which it names always does'),
})

/** Access to one server or database, for one person or service account, under one login or profile, for a time (C6): requested → approved → ended. */
export const grant = capability('grant', {
  options: query({
    path: '/access-options',
    summary: 'The servers I may ask for, and on what terms',
    permission: 'access:request',
    input: z.object({ ...page, hostId: HostId.optional(), name: HostName.optional() }),
    output: pageOf(
      z.object({
        hostId: HostId,
        hostName: HostName,
        environment: Environment,
        address: HostAddress,
        port: z.number().int(),
        policies: z.array(OfferedPolicy).max(20),
      }),
    ),
  }),
  databaseOptions: query({
    path: '/database-access-options',
    summary: 'The databases I may ask for, and on what terms',
    permission: 'access:request',
    input: z.object({ ...page, databaseId: DatabaseId.optional(), name: DatabaseName.optional() }),
    output: pageOf(
      z.object({
        databaseId: DatabaseId,
        databaseName: DatabaseName,
        environment: Environment,
        profiles: z.array(Login).max(20),
        policies: z.array(OfferedPolicy).max(20),
      }),
    ),
  }),
  request: command({
    path: '/grants',
    summary: 'Ask for access to a server or a database',
    permission: 'access:request',
    input: z.object({
      hostId: HostId.optional().describe('a server, or'),
      databaseId: DatabaseId.optional().describe('a database'),
      login: Login.describe('of a database: the profile'),
      seconds: GrantSeconds,
      notBefore: Instant.optional().describe('for later, at most 30 days ahead'),
      reason: text(0, 1000).default(''),
      ticket: z
        .string()
        .regex(/^[\x21-\x7e]{1,64}$/)
        .optional(),
      extensions: z.array(SshExtension).max(4).default([]),
      sourceNetworks: z.array(z.string().max(64)).max(20).default([]).describe('empty: those of the policy'),
      policyId: AccessPolicyId.optional().describe('needed only to choose among several that fit'),
      ...proof,
    }),
    output: Grant,
    errors: {
      ...{
        ...targets,
        ...people,
        ...proofErrors,
        host_clock_wrong: 409,
        login_not_allowed: 422,
        too_long: 422,
        extension_not_allowed: 422,
      },
      ...{ network_invalid: 422, network_not_allowed: 422, reason_needed: 422, ticket_needed: 422, outside_hours: 409 },
      ...{ not_before_refused: 422, already_requested: 409, target_needed: 422 },
    },
    audit: { action: 'grant.requested', target: (_, { id }) => id },
  }),
  approve: command({
    path: '/grants/:id/approve',
    summary: 'Approve a request, exactly as it was read',
    permission: 'access:approve',
    sessionOnly: true,
    input: z.object({ id: GrantId, requestHash: z.string().length(64), ...proof }),
    output: Grant,
    errors: {
      ...{ ...found, ...targets, ...people, ...proofErrors, not_requested: 409, request_changed: 409 },
      ...{
        own_request: 403,
        holds_secret: 403,
        not_approver: 403,
        already_approved: 409,
        policy_changed: 409,
        outside_hours: 409,
        grant_not_live: 409,
      },
    },
    audit: { action: 'grant.approved', target: ({ id }) => id },
  }),
  deny: command({
    path: '/grants/:id/deny',
    summary: 'Deny a request',
    permission: 'access:approve',
    input: z.object({ id: GrantId, reason: text(1, 500) }),
    output: Grant,
    errors: { ...found, not_requested: 409, own_request: 403, not_approver: 403 },
    audit: { action: 'grant.denied', target: ({ id }) => id },
  }),
  cancel: command({
    path: '/grants/:id/cancel',
    summary: 'Take back one’s own request',
    permission: 'access:request',
    input: z.object({ id: GrantId }),
    output: Grant,
    errors: { ...found, not_yours: 403, not_requested: 409 },
    audit: { action: 'grant.cancelled', target: ({ id }) => id },
  }),
  certificate: command({
    path: '/grants/:id/certificate',
    summary: 'A short-lived certificate for one’s own public key, while the grant runs',
    permission: 'access:request',
    input: z.object({
      id: GrantId,
      publicKey: z.string().min(40).max(4096).describe('a line of OpenSSH; the private key never leaves your machine'),
      ...proof, // needed unless the second factor was confirmed for this grant within five minutes
    }),
    output: z.object({
      id: GrantId,
      certificate: z.string().describe('a line of OpenSSH'),
      serial: z.string(),
      validAfter: Instant,
      validBefore: Instant,
      endsAt: Instant.describe('of the grant: sessions end then'),
      login: Login,
      address: HostAddress,
      port: z.number().int(),
      hostKeyAlias: z.string(),
      knownHosts: z.array(z.string()).max(20),
      recordedBy: HostName.nullable().describe('the bastion that this leads to, and that records; null: to the server itself'),
    }),
    errors: {
      ...{ ...found, ...people, ...proofErrors, not_yours: 403, grant_not_live: 409, not_started: 409, policy_changed: 409 },
      ...{
        approver_not_entitled: 409,
        host_not_enrolled: 409,
        host_clock_wrong: 409,
        too_many_certificates: 409,
        key_refused: 422,
      },
      not_a_server: 409,
    },
    audit: { action: 'grant.certificate_issued', target: ({ id }) => id },
  }),
  databaseCredentials: command({
    path: '/grants/:id/database-credentials',
    summary:
      'A role of its own in the database, made within seconds (see `databaseRoles` of the grant); its password is shown once',
    permission: 'access:request',
    input: z.object({ id: GrantId, ...proof }),
    output: z.object({
      id: GrantId,
      roleId: DatabaseRoleId,
      ...{ host: HostAddress, port: z.number().int(), database: z.string(), user: z.string() },
      password: z.string().describe('shown once; the database learns a verifier of it'),
      ca: z.string().nullable().describe('PEM to check the server with; null: the system’s authorities'),
      connectionString: z.string().describe('without the password'),
      endsAt: Instant.describe('of the grant: connections end then'),
    }),
    errors: {
      ...{ ...found, ...people, ...proofErrors, not_yours: 403, grant_not_live: 409, not_started: 409, policy_changed: 409 },
      ...{ approver_not_entitled: 409, database_retired: 409, not_a_database: 409, too_many_roles: 409 },
    },
    audit: { action: 'grant.database_credentials_issued', target: ({ id }) => id },
  }),
  abandonDatabaseRoles: command({
    path: '/grants/:id/abandon-database-roles',
    summary: 'Say that the end of its roles cannot be proved, and why: the database is gone, or they were ended by hand',
    permission: 'access:manage',
    stepUp: true,
    input: z.object({ id: GrantId, reason: text(1, 500) }),
    output: Grant,
    errors: { ...found, nothing_open: 409 },
    withdraws: [databaseRoleEnd],
    audit: { action: 'grant.database_roles_abandoned', target: ({ id }) => id },
  }),
  extend: command({
    path: '/grants/:id/extend',
    summary: 'Ask for more time; when approved, the end of the grant moves and sessions go on',
    permission: 'access:request',
    input: z.object({ id: GrantId, seconds: GrantSeconds, reason: text(1, 1000), ...proof }),
    output: Grant,
    errors: {
      ...{ ...found, ...people, ...proofErrors, not_yours: 403, grant_not_live: 409, policy_changed: 409, too_long: 422 },
      ...{ already_requested: 409, host_not_enrolled: 409, database_retired: 409 },
    },
    audit: { action: 'grant.extension_requested', target: (_, { id }) => id },
  }),
  return: command({
    path: '/grants/:id/return',
    summary: 'Give access back before its end; sessions end at once',
    permission: 'access:request',
    input: z.object({ id: GrantId }),
    output: Grant,
    errors: { ...found, not_yours: 403, grant_not_live: 409 },
    audit: { action: 'grant.returned', target: ({ id }) => id },
  }),
  revoke: command({
    path: '/grants/:id/revoke',
    summary: 'End a grant now: one’s own, one that one approved or may approve, or as a manager any',
    permission: 'access:request',
    input: z.object({ id: GrantId, reason: text(1, 500) }),
    output: Grant,
    errors: { ...found, not_yours: 403, grant_not_live: 409 },
    audit: { action: 'grant.revoked', target: ({ id }) => id },
  }),
  revokeAllOf: command({
    path: '/grants/revoke-all',
    summary: 'End every grant and request of a person, or of a service account, now',
    permission: 'access:manage',
    input: z.object({
      personId: PersonId.optional().describe('a person, or'),
      serviceAccountId: ServiceAccountId.optional().describe('a service account'),
      reason: text(1, 500),
    }),
    output: z.object({
      personId: PersonId.nullable(),
      serviceAccountId: ServiceAccountId.nullable(),
      revoked: z.number().int(),
      cancelled: z.number().int(),
    }),
    errors: { whose_needed: 422, person_not_found: 404, account_not_found: 404 },
    audit: { action: 'grant.all_revoked', target: (_, { personId, serviceAccountId }) => personId ?? serviceAccountId ?? '' },
  }),
  list: query({
    path: '/grants',
    summary: 'Grants and requests, newest first: one’s own; with access:oversee everybody’s',
    permission: 'access:request',
    input: z.object({
      ...page,
      show: z.enum(['all', 'mine', 'to_approve']).default('all'),
      state: GrantState.optional(),
      hostId: HostId.optional(),
      databaseId: DatabaseId.optional(),
      personId: PersonId.optional(),
      serviceAccountId: ServiceAccountId.optional(),
    }),
    output: pageOf(Grant),
  }),
  read: query({
    path: '/grants/:id',
    summary: 'One grant with its certificates, its sessions and the proof of its end',
    permission: 'access:request',
    input: z.object({ id: GrantId }),
    output: GrantDetail,
    errors: found,
  }),
})
