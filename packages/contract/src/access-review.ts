import { z } from 'zod'
import { accessReviewDue } from './access-review-obligations.ts'
import { AccessReviewId, AccessReviewItemId, Instant, page, pageOf, PersonId, text } from './ids.ts'
import { capability, command, download, query } from './operation.ts'
import { Role } from './roles.ts'

export * from './access-review-obligations.ts'

/** What gives access, in the order in which a snapshot gathers it. */
export const reviewedKinds = [
  'member',
  'api_key',
  'service_account',
  'service_key',
  'access_rule',
  'server_grant',
  'database_grant',
  'staff_policy',
  'break_glass',
  'directory_token',
  'invitation',
  'sso_connection',
  'directory_group',
  'emergency_key',
] as const
export const ReviewedKind = z.enum(reviewedKinds)
export type ReviewedKind = z.infer<typeof ReviewedKind>

/** What the rules say should become of it; weakest first. `attend`: somebody should look, and neither role nor access need go. */
export const proposals = ['keep', 'attend', 'lower', 'remove'] as const
export const Proposal = z.enum(proposals)
export type Proposal = z.infer<typeof Proposal>

/** Why the rules say so. */
export const ReviewReason = z.enum([
  'never_used',
  'unused_90_days',
  'manager_unused_30_days',
  'no_second_factor',
  'no_expiry',
  'holder_gone',
  'standing_access',
  'invitation_waiting',
  'inviter_gone',
  'nobody_in_it',
  'past_its_date',
])
export type ReviewReason = z.infer<typeof ReviewReason>

/** `gone`: it had ended before anybody decided. `nobody_else`: its holder is the only one who could decide, and so nobody did. */
export const ReviewDecision = z.enum(['keep', 'change', 'remove', 'gone', 'nobody_else'])
export type ReviewDecision = z.infer<typeof ReviewDecision>

/** `gathering`: the snapshot is being taken. */
export const AccessReviewState = z.enum(['gathering', 'open', 'completed'])

export const AccessReview = z.object({
  id: AccessReviewId,
  state: AccessReviewState,
  begunBy: PersonId,
  begunAt: Instant,
  gatheredAt: Instant.nullable(),
  dueAt: Instant.nullable().describe('when a review was or is due, at its beginning; null: no deadline ran'),
  completedBy: PersonId.nullable(),
  completedAt: Instant.nullable(),
  comment: z.string().nullable(),
  items: z.number().int(),
  open: z.number().int().describe('not decided yet'),
  decided: z.object({
    keep: z.number().int(),
    change: z.number().int(),
    remove: z.number().int(),
    gone: z.number().int(),
    nobody_else: z.number().int(),
  }),
})

const version = z.string().regex(/^[0-9a-f]{64}$/)

export const AccessReviewItem = z.object({
  id: AccessReviewItemId,
  kind: ReviewedKind,
  ref: z.string().describe('the id of what gives the access'),
  version: version.describe('of what was seen of it; a decision names it'),
  label: z.string().describe('what it is'),
  detail: z.string().describe('what it opens, or where it comes from'),
  personId: PersonId.nullable().describe('who holds it, or answers for it'),
  holder: z.string().describe('their name as it was then; empty: nobody, or somebody invited by address'),
  email: z.string(),
  role: Role.nullable(),
  since: Instant,
  lastUsedAt: Instant.nullable().describe('null: never, as far as is recorded'),
  expiresAt: Instant.nullable(),
  proposal: Proposal,
  reasons: z.array(ReviewReason).max(10),
  proposedRole: Role.nullable(),
  now: z.enum(['same', 'changed', 'gone']).describe('how it stands beside what was seen of it'),
  decision: ReviewDecision.nullable(),
  newRole: Role.nullable(),
  reason: z.string().nullable(),
  decidedBy: PersonId.nullable(),
  decidedAt: Instant.nullable(),
})
export type AccessReviewItem = z.infer<typeof AccessReviewItem>

const Decision = z.object({
  item: AccessReviewItemId,
  version: version.describe('of the item as it was read'),
  decision: z.enum(['keep', 'change', 'remove']),
  role: Role.optional().describe('the new one, for `change`'),
})

const found = { review_not_found: 404 } as const
const underWay = { ...found, review_not_open: 409 } as const
/** What the ordinary operations may refuse with when a decision is carried out. */
const carriedOut = {
  owner_only: 403,
  last_owner: 409,
  not_cleared: 403,
  directory_managed: 409,
  role_too_strong: 403,
  not_yours: 403,
  sso_enforced: 409,
  role_would_rise: 409,
  too_many_changes: 409,
} as const

const exported = {
  permission: 'access-review:read',
  stepUp: true,
  rate: 'heavy',
  input: z.object({ id: AccessReviewId }),
  errors: { ...found, review_not_gathered: 409 },
} as const

/** Who has access to what, and whether they still should (C1): a snapshot, a proposal for each, a decision about each. */
export const accessReview = capability('accessReview', {
  begin: command({
    path: '/access-reviews',
    summary: 'Begin a review: everything that gives access is listed, with a proposal for each',
    permission: 'access-review:decide',
    rate: 'heavy',
    input: z.object({}),
    output: AccessReview,
    errors: { review_open: 409 },
    audit: { action: 'access_review.started', target: (_, { id }) => id },
  }),
  list: query({
    path: '/access-reviews',
    summary: 'Reviews of access, newest first, and when the next one is due',
    permission: 'access-review:read',
    input: z.object(page),
    output: pageOf(AccessReview).extend({ dueAt: Instant.nullable() }),
  }),
  read: query({
    path: '/access-reviews/:id',
    summary: 'One review and how far it is',
    permission: 'access-review:read',
    input: z.object({ id: AccessReviewId }),
    output: AccessReview,
    errors: found,
  }),
  items: query({
    path: '/access-reviews/:id/items',
    summary: 'What gives access, what the rules propose, and what was decided',
    permission: 'access-review:read',
    input: z.object({
      id: AccessReviewId,
      ...page,
      kind: ReviewedKind.optional(),
      proposal: Proposal.optional(),
      personId: PersonId.optional().describe('only what this person holds'),
      show: z.enum(['all', 'open', 'decided']).default('all'),
    }),
    output: pageOf(AccessReviewItem),
    errors: found,
  }),
  decide: command({
    path: '/access-reviews/:id/decide',
    summary: 'Decide about several at once; what is changed or removed ends in the same moment, or nothing does',
    permission: 'access-review:decide',
    stepUp: true,
    sessionOnly: true,
    input: z.object({ id: AccessReviewId, decisions: z.array(Decision).min(1).max(50), reason: text(3, 500) }),
    output: AccessReview,
    errors: {
      ...underWay,
      ...{ item_not_found: 404, item_changed: 409, item_decided: 409, own_access: 403, decision_impossible: 422 },
      ...carriedOut,
    },
    audit: { action: 'access_review.decided', target: ({ id }) => id },
  }),
  refresh: command({
    path: '/access-reviews/:id/refresh',
    summary: 'Look anew at items that changed since the snapshot; what has ended is noted, the rest is asked again',
    permission: 'access-review:decide',
    input: z.object({ id: AccessReviewId, items: z.array(AccessReviewItemId).min(1).max(100) }),
    output: z.object({ id: AccessReviewId, changed: z.number().int(), gone: z.number().int() }),
    errors: underWay,
    audit: { action: 'access_review.refreshed', target: ({ id }) => id },
  }),
  complete: command({
    path: '/access-reviews/:id/complete',
    summary: 'Complete a review in which everything is decided; the next one falls due in a quarter',
    permission: 'access-review:decide',
    stepUp: true,
    sessionOnly: true,
    input: z.object({ id: AccessReviewId, comment: text(3, 2000) }),
    output: AccessReview,
    errors: { ...underWay, items_open: 409 },
    opens: [accessReviewDue],
    meets: [accessReviewDue],
    audit: { action: 'access_review.completed', target: ({ id }) => id },
  }),
  exportCsv: download({
    ...exported,
    path: '/access-reviews/:id/export-csv',
    summary: 'A review as CSV, for the auditor',
    contentType: 'text/csv; charset=utf-8',
    filename: ({ id }) => `access-review-${id}.csv`,
  }),
  exportJson: download({
    ...exported,
    path: '/access-reviews/:id/export-json',
    summary: 'A review as JSON, for the auditor',
    contentType: 'application/json',
    filename: ({ id }) => `access-review-${id}.json`,
  }),
})
