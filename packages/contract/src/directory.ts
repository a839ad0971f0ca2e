import { z } from 'zod'
import {
  DirectoryCredentialId,
  DirectoryGroupId,
  DirectoryId,
  DirectoryLogId,
  DirectoryTestId,
  DirectoryUserId,
  Instant,
  page,
  pageOf,
  PersonId,
  text,
  line,
} from './ids.ts'
import { capability, command, query } from './operation.ts'
import { Role } from './roles.ts'

/** What a directory may give by its groups. Owners are made by people. */
export const DirectoryRole = z.enum(['admin', 'reviewer', 'member', 'viewer'])
/** Of whoever is in no mapped group: none that needs a clearance. */
export const DirectoryDefaultRole = z.enum(['reviewer', 'member', 'viewer'])

export const DirectoryCredential = z.object({
  id: DirectoryCredentialId,
  kind: z.enum(['bearer', 'client']).describe('bearer: sent as it is; client: an OAuth client, exchanged for a token every hour'),
  state: z.enum(['live', 'expired', 'revoked']),
  createdAt: Instant,
  expiresAt: Instant,
  lastUsedAt: Instant.nullable(),
})

export const Directory = z.object({
  id: DirectoryId,
  name: z.string(),
  state: z.enum(['enabled', 'disabled']),
  defaultRole: DirectoryDefaultRole,
  createdAt: Instant,
  disabledAt: Instant.nullable(),
  users: z.object({
    all: z.number().int(),
    inactive: z.number().int(),
    waiting: z
      .number()
      .int()
      .describe('active there, and not in yet: their address is in no proved domain, and they have not accepted'),
  }),
  credentials: z.array(DirectoryCredential).max(50),
})

export const DirectoryGroup = z.object({
  id: DirectoryGroupId,
  name: z.string(),
  members: z.number().int(),
  role: DirectoryRole.nullable().describe('what its members become; null: it gives nothing'),
})

const unique = (roles: readonly { groupId: string }[]): boolean =>
  new Set(roles.map(({ groupId }) => groupId)).size === roles.length
const mapping = {
  defaultRole: DirectoryDefaultRole,
  roles: z
    .array(z.object({ groupId: DirectoryGroupId, role: DirectoryRole }))
    .max(100)
    .refine(unique, 'a group twice')
    .describe('all groups that give a role; the others give none'),
}
const Preview = z.object({
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('of exactly these changes'),
  total: z.number().int(),
  changes: z
    .array(
      z.object({
        personId: PersonId,
        name: z.string(),
        from: Role,
        to: Role,
        waitsFor: z.array(z.string()).max(100).describe('what is missing for the role that their groups give, a sentence each'),
      }),
    )
    .max(100)
    .describe('the first hundred'),
})

export const DirectoryPerson = z.object({
  id: DirectoryUserId,
  name: z.string(),
  userName: z.string(),
  state: z
    .enum(['member', 'waiting', 'inactive'])
    .describe('waiting: invited or without an address; inactive: the directory has switched them off'),
  personId: PersonId.nullable(),
  role: Role.nullable(),
  roleBy: z.enum(['person', 'directory']).nullable(),
  changedAt: Instant,
})

export const DirectoryLogRow = z.object({
  id: DirectoryLogId,
  at: Instant,
  credentialId: DirectoryCredentialId,
  requestId: z.string(),
  operation: z.string(),
  target: z.string().nullable(),
  status: z.number().int(),
  code: z.string().nullable().describe('why it was refused; null: it was done'),
  said: z.array(z.string()).max(20).describe('what was done, or why not'),
  request: z.string().describe('what came, as JSON; cut at 4,000 characters'),
})

export const DirectoryTest = z.object({
  id: DirectoryTestId,
  startedAt: Instant,
  endedAt: Instant.nullable(),
  steps: z
    .array(
      z.object({
        name: z.string(),
        passed: z.boolean(),
        status: z.number().int().nullable(),
        milliseconds: z.number(),
        detail: z.string(),
      }),
    )
    .max(50),
})

const found = { directory_not_found: 404 } as const
const secret = { id: DirectoryCredentialId, credential: DirectoryCredential, secret: z.string().describe('shown once') }

/** The organisation's directory (Okta, Entra …), which provisions people and groups by SCIM 2.0 (C1). */
export const directory = capability('directory', {
  read: query({
    path: '/directory',
    summary: 'The connection to your directory, its credentials, and how many people come from it',
    permission: 'directory:read',
    input: z.object({}),
    output: z.object({
      directory: Directory.nullable(),
      url: z.url().describe('to be entered in the directory'),
      tokenUrl: z.url(),
    }),
  }),
  create: command({
    path: '/directory',
    summary: 'Set up the connection to your directory',
    permission: 'directory:manage',
    entitlement: 'scim',
    stepUp: true,
    input: z.object({ name: line(1, 100), defaultRole: DirectoryDefaultRole.default('member') }),
    output: z.object({ id: DirectoryId }),
    errors: { directory_exists: 409 },
    audit: { action: 'directory.created', target: (_, { id }) => id },
  }),
  issueCredential: command({
    path: '/directory/credentials',
    summary: 'Make a credential for the directory; earlier ones of its kind stop working after an overlap',
    permission: 'directory:manage',
    stepUp: true,
    input: z.object({
      kind: z.enum(['bearer', 'client']),
      days: z.number().int().min(1).max(365).default(180),
      overlapHours: z.number().int().min(0).max(168).default(24).describe('how long earlier ones go on working'),
    }),
    output: z.object(secret),
    errors: { ...found, too_many_credentials: 409 },
    audit: { action: 'directory.credential_issued', target: (_, { id }) => id },
  }),
  revokeCredential: command({
    path: '/directory/credentials/:id/revoke',
    summary: 'Revoke a credential at once, and every token it was exchanged for',
    permission: 'directory:manage',
    input: z.object({ id: DirectoryCredentialId }),
    output: z.object({ id: DirectoryCredentialId }),
    errors: { credential_not_found: 404 },
    audit: { action: 'directory.credential_revoked', target: ({ id }) => id },
  }),
  disable: command({
    path: '/directory/disable',
    summary: 'Disable the connection: it opens nothing, and its people can be edited here',
    permission: 'directory:manage',
    stepUp: true,
    input: z.object({ reason: text(1, 500) }),
    output: z.object({ id: DirectoryId }),
    errors: { ...found, already_disabled: 409 },
    audit: { action: 'directory.disabled', target: (_, { id }) => id },
  }),
  enable: command({
    path: '/directory/enable',
    summary: 'Enable the connection again; its credentials work as before',
    permission: 'directory:manage',
    entitlement: 'scim',
    stepUp: true,
    input: z.object({}),
    output: z.object({ id: DirectoryId }),
    errors: { ...found, already_enabled: 409 },
    audit: { action: 'directory.enabled', target: (_, { id }) => id },
  }),
  people: query({
    path: '/directory/people',
    summary: 'Who comes from the directory, what has become of them, and who gave their role',
    permission: 'directory:read',
    input: z.object({ ...page, state: DirectoryPerson.shape.state.optional() }),
    output: pageOf(DirectoryPerson),
  }),
  groups: query({
    path: '/directory/groups',
    summary: 'The groups of the directory and the roles they give',
    permission: 'directory:read',
    input: z.object(page),
    output: pageOf(DirectoryGroup),
  }),
  previewRoles: query({
    path: '/directory/roles/preview',
    summary: 'Whose role a mapping would change, before it is applied',
    permission: 'directory:map',
    secretInput: true, // a mapping is no line of an address
    input: z.object(mapping),
    output: Preview,
    errors: { ...found, group_not_found: 404, too_many_changes: 409 },
  }),
  applyRoles: command({
    path: '/directory/roles',
    summary: 'Apply a mapping of groups to roles, exactly as it was previewed',
    permission: 'directory:map',
    entitlement: 'scim',
    stepUp: true,
    input: z.object({ ...mapping, hash: Preview.shape.hash }),
    output: z.object({ id: DirectoryId, changed: z.number().int() }),
    errors: { ...found, group_not_found: 404, too_many_changes: 409, preview_outdated: 409 },
    audit: { action: 'directory.roles_mapped', target: (_, { id }) => id },
  }),
  unmapGroup: command({
    path: '/directory/groups/:id/unmap',
    summary: 'Let a group give no role any more, where nobody’s role rises by it; its people have what is left',
    permission: 'directory:map',
    stepUp: true,
    input: z.object({ id: DirectoryGroupId }),
    output: z.object({ id: DirectoryGroupId, changed: z.number().int() }),
    errors: { ...found, group_not_found: 404, role_would_rise: 409, too_many_changes: 409 },
    audit: { action: 'directory.group_unmapped', target: ({ id }) => id },
  }),
  log: query({
    path: '/directory/log',
    summary: 'What the directory sent, what was done, and why something was refused; ninety days',
    permission: 'directory:read',
    input: z.object({ ...page, refused: z.enum(['true']).optional().describe('only what was refused') }),
    output: pageOf(DirectoryLogRow),
  }),
  startTest: command({
    path: '/directory/test',
    summary: 'Test the connection: a marked user is made, found, changed, switched off and removed over HTTPS',
    permission: 'directory:manage',
    rate: 'heavy',
    input: z.object({}),
    output: z.object({ id: DirectoryTestId }),
    errors: { ...found, directory_disabled: 409, test_running: 409 },
    audit: { action: 'directory.test_started', target: (_, { id }) => id },
  }),
  test: query({
    path: '/directory/test',
    summary: 'The last test of the connection, step by step',
    permission: 'directory:read',
    input: z.object({}),
    output: z.object({ test: DirectoryTest.nullable() }),
  }),
})
