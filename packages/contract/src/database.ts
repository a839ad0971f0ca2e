import { z } from 'zod'
import { Environment, HostAddress, HostName, Label, Login } from './host.ts'
import { DatabaseId, Instant, page, pageOf, text } from './ids.ts'
import { hours, minutes, obligation } from './obligation.ts'
import { capability, command, query } from './operation.ts'

/** A role that a grant made is to be gone from the database. Opened when that does not succeed at once. */
export const databaseRoleEnd = obligation({
  name: 'database.role-end',
  title: 'Prove that access to a database has ended',
  about: 'grant',
  page: '/access/grants/:subject',
  promise: 'C6',
  owedBy: 'role', // Admin
  within: minutes(15),
  escalate: [
    { after: hours(0), to: 'admin' },
    { after: hours(1), to: 'owner' },
  ],
  firm: true,
  openedBy: 'grant.database-roles',
  metBy: 'grant.database-roles',
})

export const DatabaseName = HostName
/** A name inside PostgreSQL, which may hold nearly anything. */
const PostgresName = text(1, 63).refine(
  (name) => new TextEncoder().encode(name).length <= 63 && !/[\n\t]/.test(name),
  'at most 63 bytes, one line',
)
const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length

export const DatabaseProfile = z.object({
  name: Login.describe('what people ask for: readonly, readwrite'),
  groupRole: PostgresName.describe('the role in PostgreSQL whose rights it gives'),
  owned: z
    .enum(['drop', 'leave'])
    .default('drop')
    .describe('what its roles made themselves: dropped with them, or left to the group role'),
  connectionLimit: z.number().int().min(1).max(100).default(5),
  statementTimeoutSeconds: z.number().int().min(1).max(86_400).default(300).describe('a default that sessions can change'),
  idleTimeoutSeconds: z.number().int().min(10).max(86_400).default(900).describe('a default that sessions can change'),
})

const registration = {
  name: DatabaseName,
  environment: Environment,
  labels: z.array(Label).max(20).refine(unique, 'a label twice').default([]),
  address: HostAddress.describe('a DNS name or an address; the certificate must be for it'),
  port: z.number().int().min(1).max(65_535).default(5432),
  database: PostgresName,
  profiles: z
    .array(DatabaseProfile)
    .min(1)
    .max(20)
    .refine((profiles) => unique(profiles.map(({ name }) => name)), 'a profile twice')
    .describe('fixed: an approval is for what a profile means'),
}
const administrator = {
  administrator: PostgresName.describe('a login with CREATEROLE that may give the group roles; never a superuser'),
  password: text(1, 500).describe('kept sealed, never shown'),
  authority: z
    .string()
    .max(20_000)
    .regex(/^-----BEGIN CERTIFICATE-----/, 'PEM')
    .nullable()
    .default(null)
    .describe('PEM of the authority of its certificate; null: the system’s authorities'),
}

export const Database = z.object({
  id: DatabaseId,
  ...registration,
  labels: z.array(Label).max(20),
  port: z.number().int(),
  profiles: z.array(DatabaseProfile).max(20),
  administrator: administrator.administrator,
  authority: z.string().nullable(),
  state: z.enum(['active', 'retired']),
  checkedAt: Instant.nullable().describe('when it was last tried'),
  trouble: z.string().nullable().describe('what was wrong then, and what to do; null: all was well'),
  openRoles: z.number().int().describe('roles of grants that are in use or not yet proved gone'),
  unprovedRoles: z.number().int().describe('roles that somebody gave up on: never proved gone'),
  createdAt: Instant,
  retiredAt: Instant.nullable(),
})

const found = { database_not_found: 404 } as const
const live = { ...found, database_retired: 409 } as const
const trouble = { database_trouble: 422 } as const

/** PostgreSQL databases that people get access to for a time (C6): a role of its own for each grant. */
export const database = capability('database', {
  register: command({
    path: '/databases',
    summary: 'Register a PostgreSQL database; it is tried first, with what the profiles need',
    permission: 'database:manage',
    stepUp: true,
    input: z.object({ ...registration, ...administrator }),
    output: Database,
    errors: { name_taken: 409, ...trouble },
    audit: { action: 'database.registered', target: (_, { id }) => id },
  }),
  test: command({
    path: '/databases/:id/test',
    summary: 'Try it again: connection, certificate, log-in, rights, profiles',
    permission: 'database:manage',
    input: z.object({ id: DatabaseId }),
    output: Database,
    errors: live,
    audit: { action: 'database.tested', target: ({ id }) => id },
  }),
  setAdministrator: command({
    path: '/databases/:id/administrator',
    summary: 'Another login, password or authority for it; tried before it is kept',
    permission: 'database:manage',
    stepUp: true,
    input: z.object({ id: DatabaseId, ...administrator }),
    output: Database,
    errors: { ...live, ...trouble },
    audit: { action: 'database.administrator_changed', target: ({ id }) => id },
  }),
  retire: command({
    path: '/databases/:id/retire',
    summary: 'Retire a database: its grants end, their roles are ended',
    permission: 'database:manage',
    stepUp: true,
    input: z.object({ id: DatabaseId, reason: text(1, 500) }),
    output: Database,
    errors: live,
    audit: { action: 'database.retired', target: ({ id }) => id },
  }),
  list: query({
    path: '/databases',
    summary: 'The databases, newest first',
    permission: 'database:read',
    input: z.object({
      ...page,
      state: Database.shape.state.optional(),
      search: z.string().max(63).optional().describe('part of a name'),
    }),
    output: pageOf(Database),
  }),
  read: query({
    path: '/databases/:id',
    summary: 'One database',
    permission: 'database:read',
    input: z.object({ id: DatabaseId }),
    output: Database,
    errors: found,
  }),
})
