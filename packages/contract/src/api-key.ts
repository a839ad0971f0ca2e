import { z } from 'zod'
import { ApiKeyId, Instant, page, pageOf, PersonId, ServiceAccountId, line } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { Role, Scope } from './roles.ts'
import { Network } from './sign-in-policy.ts'

/** What confines a key, whoever it belongs to. It never does more than its holder may at that moment. */
export const keyLimits = {
  scopes: z.array(Scope).min(1).max(100).optional().describe('only these permissions; without it everything its role has'),
  networks: z.array(Network).max(20).default([]).describe('only from these networks; without it from anywhere'),
  days: z.number().int().min(1).max(365).default(90),
}
export const keyName = line(1, 60)
export const ShownOnce = z.string().describe('hf_<id>.<secret>, shown once')

export const ApiKeyRow = z.object({
  id: ApiKeyId,
  name: z.string(),
  role: Role,
  scopes: z.array(z.string()).max(100).nullable().describe('the permissions it was narrowed to; null: all its role has'),
  networks: z.array(z.string()).max(20).describe('where it works from; empty: anywhere'),
  personId: PersonId.describe('who was shown its secret'),
  serviceAccountId: ServiceAccountId.nullable().describe('whom it acts as; null: as that person'),
  createdAt: Instant,
  rotatedAt: Instant.nullable(),
  oldSecretUntil: Instant.nullable().describe('until when the secret before the last rotation works as well'),
  expiresAt: Instant,
  lastUsedAt: Instant.nullable(),
  cutShort: z
    .object({ at: Instant, why: z.enum(['role_lowered', 'left']) })
    .nullable()
    .describe(
      'a person’s key does less since then: their role was lowered; a service account’s runs out sooner: so was the role of who was shown its secret, or they left',
    ),
})

/** API keys of a member; never stronger than the member is at that moment. */
export const apiKey = capability('apiKey', {
  create: command({
    path: '/api-keys',
    summary: 'Create an API key; its secret is shown once',
    permission: 'key:own',
    sessionOnly: true,
    stepUp: true,
    input: z.object({ name: keyName, role: Role, ...keyLimits }),
    output: ApiKeyRow.extend({ key: ShownOnce }),
    errors: { role_too_strong: 403, scope_not_held: 403, too_many_keys: 409 },
    audit: { action: 'api_key.created', target: (_, { id }) => id },
  }),
  authorise: command({
    path: '/api-keys/authorise',
    summary: 'Accept a key that a command line made for itself; only the hash of its secret travels',
    permission: 'key:own',
    sessionOnly: true,
    stepUp: true,
    input: z.object({
      id: ApiKeyId,
      secretHash: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('SHA-256 of the secret, hex'),
      name: keyName,
      role: Role,
      ...keyLimits,
    }),
    output: ApiKeyRow,
    errors: { role_too_strong: 403, scope_not_held: 403, too_many_keys: 409, key_exists: 409 },
    audit: { action: 'api_key.authorised', target: ({ id }) => id },
  }),
  list: query({
    path: '/api-keys',
    summary: 'Your API keys; for Owner and Admin, everybody’s and those of service accounts',
    permission: 'key:own',
    input: z.object({ ...page, personId: PersonId.optional().describe('only the keys that act as this person') }),
    output: pageOf(ApiKeyRow),
  }),
  rotate: command({
    path: '/api-keys/:id/rotate',
    summary: 'Give a key a new secret and a new end; the old secret works on for as long as you say',
    permission: 'key:own',
    sessionOnly: true,
    stepUp: true,
    input: z.object({
      id: ApiKeyId,
      overlapHours: z.number().int().min(0).max(168).default(24).describe('how long the old secret works as well; 0 ends it now'),
      days: keyLimits.days.describe('until the key runs out, from now'),
    }),
    output: ApiKeyRow.extend({ key: ShownOnce }),
    errors: { key_not_found: 404, key_expired: 409, role_too_strong: 403 },
    audit: { action: 'api_key.rotated', target: ({ id }) => id },
  }),
  endOverlap: command({
    path: '/api-keys/:id/end-overlap',
    summary: 'End the old secret of a rotation before its time',
    permission: 'key:own',
    input: z.object({ id: ApiKeyId }),
    output: z.object({ id: ApiKeyId }),
    errors: { key_not_found: 404, no_overlap: 409 },
    audit: { action: 'api_key.overlap_ended', target: ({ id }) => id },
  }),
  revoke: command({
    path: '/api-keys/:id/revoke',
    summary: 'Revoke an API key at once',
    permission: 'key:own',
    input: z.object({ id: ApiKeyId }),
    output: z.object({ id: ApiKeyId }),
    errors: { key_not_found: 404 },
    audit: { action: 'api_key.revoked', target: ({ id }) => id },
  }),
})
