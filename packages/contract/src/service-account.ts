import { z } from 'zod'
import { ApiKeyRow, keyLimits, keyName, ShownOnce } from './api-key.ts'
import { Instant, OrgId, page, pageOf, PersonId, ServiceAccountId, text } from './ids.ts'
import { businessDays, days, hours, obligation } from './obligation.ts'
import { capability, command, query } from './operation.ts'
import { Role, Scope } from './roles.ts'

/** Whether it is still needed, with these rights. How long is said by the account: `reviewEveryDays`. */
export const serviceAccountReview = obligation({
  name: 'service-account.review',
  title: 'Review a service account',
  about: 'service account',
  page: '/service-accounts/:subject',
  owedBy: 'person', // who answers for it
  within: 'as opened',
  warn: [days(14), days(3)],
  escalate: [
    { after: days(7), to: 'admin' },
    { after: days(14), to: 'owner' },
  ],
})

/** Who answered for it is no member any more. */
export const serviceAccountOwner = obligation({
  name: 'service-account.owner',
  title: 'Say who answers for a service account, and rotate its keys',
  about: 'service account',
  page: '/service-accounts/:subject',
  owedBy: 'role',
  within: businessDays(5),
  warn: [days(1)],
  escalate: [{ after: hours(0), to: 'owner' }],
  openedBy: 'serviceAccount.upkeep',
})

/** An account is always weaker than whoever makes it, so never an Owner. */
export const ServiceRole = Role.exclude(['owner'])
const described = { name: keyName, purpose: text(1, 500), role: ServiceRole }
const reviewEveryDays = z.number().int().min(7).max(365)

export const ServiceAccount = z.object({
  id: ServiceAccountId,
  name: z.string(),
  purpose: z.string(),
  role: ServiceRole,
  ownerId: PersonId.describe('the member who answers for it'),
  ownerGone: z.boolean().describe('that person is no member any more'),
  reviewEveryDays: z.number().int(),
  reviewDueAt: Instant.nullable(),
  createdBy: PersonId,
  createdAt: Instant,
  disabledAt: Instant.nullable(),
  liveKeys: z.number().int(),
  lastUsedAt: Instant.nullable(),
})
const errors = { account_not_found: 404, account_disabled: 409 } as const

/** Principals that are no people: they act by keys, within what each key is given, and do nothing that needs a person. */
export const serviceAccount = capability('serviceAccount', {
  create: command({
    path: '/service-accounts',
    summary: 'Create a service account, weaker than you are; a member answers for it',
    permission: 'service-account:manage',
    sessionOnly: true,
    stepUp: true,
    input: z.object({ ...described, ownerId: PersonId, reviewEveryDays: reviewEveryDays.default(180) }),
    output: ServiceAccount,
    errors: { role_too_strong: 403, member_not_found: 404, name_taken: 409, too_many_accounts: 409 },
    audit: { action: 'service_account.created', target: (_, { id }) => id },
    opens: [serviceAccountReview],
  }),
  list: query({
    path: '/service-accounts',
    summary: 'The service accounts, who answers for them, when each was last used',
    permission: 'service-account:read',
    input: z.object({ ...page, show: z.enum(['live', 'all']).default('live') }),
    output: pageOf(ServiceAccount),
  }),
  read: query({
    path: '/service-accounts/:id',
    summary: 'A service account and its keys',
    permission: 'service-account:read',
    input: z.object({ id: ServiceAccountId }),
    output: ServiceAccount.extend({ keys: z.array(ApiKeyRow).max(100).describe('those not revoked') }),
    errors: { account_not_found: 404 },
  }),
  current: query({
    path: '/service-account',
    summary: 'Which service account a key acts as, and what it may do',
    permission: 'self',
    service: true,
    input: z.object({}),
    output: z.object({
      id: ServiceAccountId,
      name: z.string(),
      role: ServiceRole,
      organisation: z.object({ id: OrgId, name: z.string() }),
      permissions: z.array(z.string()).max(100),
    }),
    errors: { no_service_account: 409 },
  }),
  update: command({
    path: '/service-accounts/:id',
    summary: 'Change what a service account is called, is for, or may do; a weaker role bites at its next request',
    permission: 'service-account:manage',
    sessionOnly: true,
    stepUp: true,
    input: z.object({ id: ServiceAccountId, ...z.object(described).partial().shape }),
    output: ServiceAccount,
    errors: { ...errors, role_too_strong: 403, name_taken: 409 },
    audit: { action: 'service_account.changed', target: ({ id }) => id },
  }),
  reassign: command({
    path: '/service-accounts/:id/reassign',
    summary: 'Say who answers for a service account from now on',
    permission: 'service-account:manage',
    input: z.object({ id: ServiceAccountId, ownerId: PersonId }),
    output: ServiceAccount,
    errors: { ...errors, member_not_found: 404 },
    audit: { action: 'service_account.reassigned', target: ({ id }) => id },
    opens: [serviceAccountReview],
    meets: [serviceAccountOwner],
    withdraws: [serviceAccountReview],
  }),
  confirmReview: command({
    path: '/service-accounts/:id/confirm-review',
    summary: 'Confirm that a service account is still needed as it is; whoever answers for it, or a manager',
    permission: 'service-account:own',
    sessionOnly: true,
    input: z.object({ id: ServiceAccountId, comment: text(1, 500) }),
    output: ServiceAccount,
    errors: { ...errors, not_yours: 403 },
    audit: { action: 'service_account.reviewed', target: ({ id }) => id },
    opens: [serviceAccountReview],
    meets: [serviceAccountReview],
  }),
  createKey: command({
    path: '/service-accounts/:id/keys',
    summary: 'Create a key of a service account, for the permissions it names; its secret is shown once',
    permission: 'service-account:manage',
    sessionOnly: true,
    stepUp: true,
    input: z.object({ id: ServiceAccountId, name: keyName, ...keyLimits, scopes: z.array(Scope).min(1).max(100) }),
    output: ApiKeyRow.extend({ key: ShownOnce }),
    errors: { ...errors, role_too_strong: 403, scope_not_held: 403, too_many_keys: 409 },
    audit: { action: 'service_account.key_created', target: ({ id }) => id },
  }),
  disable: command({
    path: '/service-accounts/:id/disable',
    summary: 'Disable a service account for good; its keys are refused at once',
    permission: 'service-account:own',
    input: z.object({ id: ServiceAccountId }),
    output: z.object({ id: ServiceAccountId, keysRevoked: z.number().int() }),
    errors: { ...errors, not_yours: 403 },
    audit: { action: 'service_account.disabled', target: ({ id }) => id },
    withdraws: [serviceAccountReview, serviceAccountOwner],
  }),
})
