import { z } from 'zod'
import { Instant, MailId, OrgId, page, pageOf } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { Plan } from './plans.ts'

/** Every secret has an owner, an age and a rotation (D3). */
export const SecretRow = z.object({
  name: z.string(),
  kind: z.enum(['master_key', 'data_key', 'token_signing_key', 'checkpoint_key', 'database_password', 'refresh_key']),
  owner: z.string(),
  version: z.number().int(),
  createdAt: Instant,
  ageDays: z.number().int(),
  rotateEveryDays: z.number().int(),
  due: z.boolean(),
  storedIn: z.string(),
})
export const RotatableSecret = z.enum(['master', 'token-signing', 'refresh', 'database-passwords', 'checkpoint-signing'])

/** The organisation's own encryption keys (D2, D3). */
export const encryption = capability('encryption', {
  keys: query({
    path: '/encryption/keys',
    summary: 'The keys that seal this organisation’s data, and their ages',
    permission: 'encryption:read',
    input: z.object({}),
    output: z.object({ rows: z.array(SecretRow).max(100) }),
  }),
  rotateDataKey: command({
    path: '/encryption/rotate-data-key',
    summary: 'Seal new data with a new key; what is stored is sealed again in the background',
    permission: 'encryption:rotate',
    stepUp: true,
    rate: 'heavy',
    input: z.object({}),
    output: z.object({ orgId: OrgId, version: z.number().int() }),
    audit: { action: 'encryption.data_key_rotated', target: (_, { orgId }) => orgId },
  }),
})

export const MailRow = z.object({
  id: MailId,
  to: z.string(),
  subject: z.string(),
  state: z.enum(['queued', 'sent', 'held', 'failed']),
  createdAt: Instant,
  sentAt: Instant.nullable(),
  failure: z.string().nullable(),
})

const HealthPart = z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), latencyMs: z.number().nullable() })

/** The installation, as its operator sees it. */
export const operator = capability('operator', {
  health: query({
    path: '/operator/health',
    summary: 'The parts of the installation and how they are',
    permission: 'operator:read',
    input: z.object({}),
    output: z.object({
      version: z.string(),
      node: z.string(),
      startedAt: Instant,
      parts: z.array(HealthPart).max(20),
      memoryMb: z.number(),
      eventLoopDelayMs: z.number(),
      requests: z.object({
        served: z.number().int(),
        shed: z.number().int(),
        limited: z.number().int(),
        p99Ms: z.number().nullable(),
      }),
    }),
  }),
  keys: query({
    path: '/operator/keys',
    summary: 'Every secret of the installation: owner, age, next rotation',
    permission: 'operator:read',
    input: z.object({}),
    output: z.object({ rows: z.array(SecretRow).max(100) }),
  }),
  rotate: command({
    path: '/operator/rotate',
    summary: 'Rotate a secret of the installation while requests run',
    permission: 'operator:keys',
    stepUp: true,
    rate: 'heavy',
    input: z.object({ secret: RotatableSecret }),
    output: z.object({ secret: RotatableSecret, version: z.number().int() }),
    errors: { rotation_running: 409 },
    audit: { action: 'operator.secret_rotated', target: ({ secret }) => secret },
  }),
  outbox: query({
    path: '/operator/outbox',
    summary: 'Mail that waits here because no mail server is configured',
    permission: 'operator:outbox',
    input: z.object(page),
    output: pageOf(MailRow),
  }),
  mail: query({
    path: '/operator/outbox/:id',
    summary: 'One mail of the outbox, to be handed over by the operator',
    permission: 'operator:outbox',
    stepUp: true,
    input: z.object({ id: MailId }),
    output: MailRow.extend({ text: z.string() }),
    errors: { mail_not_found: 404 },
  }),
  organisations: query({
    path: '/operator/organisations',
    summary: 'The organisations of this installation; their data stays out of reach',
    permission: 'operator:organisations',
    input: z.object(page),
    output: pageOf(z.object({ id: OrgId, name: z.string(), plan: Plan, region: z.string(), createdAt: Instant })),
  }),
  setPlan: command({
    path: '/operator/organisations/:id/plan',
    summary: 'Set the plan of an organisation, optionally until a day; after it the plan is Starter',
    permission: 'operator:organisations',
    stepUp: true,
    input: z.object({ id: OrgId, plan: Plan, endsAt: Instant.nullable().default(null) }),
    output: z.object({ id: OrgId, plan: Plan, endsAt: Instant.nullable() }),
    errors: { organisation_not_found: 404, operator_organisation: 409, ends_in_the_past: 422 },
    audit: { action: 'organisation.plan_changed', target: ({ id }) => id },
  }),
  checkPromises: command({
    path: '/operator/check-promises',
    summary: 'Run every promise check now; the trust page shows the result',
    permission: 'operator:keys',
    rate: 'heavy',
    input: z.object({}),
    output: z.object({ kept: z.number().int(), notKept: z.number().int(), notBuilt: z.number().int() }),
    audit: { action: 'operator.promises_checked', target: () => 'trust' },
  }),
})
