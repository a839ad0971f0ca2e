import { z } from 'zod'
import { CalendarDate, Instant, page, pageOf, PersonId, PolicyId, PolicyVersionId, text, line } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { policyAcknowledgement, policyReview } from './policy-obligations.ts'

export * from './policy-obligations.ts'

export const PolicyState = z.enum(['draft', 'in_review', 'approved', 'published', 'superseded', 'rejected'])
export const PolicyFormat = z.enum(['markdown', 'pdf'])
/** Markdown text, or a PDF in base64; at most 5 MiB. */
const content = z.string().min(1).max(7_000_000)
/** Names a promise of the trust page; whether there is one of that name is said by `unknown_promise`. */
const promise = z.string().regex(/^[A-Z]\d{1,2}$/, 'a promise, as C1 is one')
const maxBodyBytes = 7_200_000

export const PolicyVersion = z.object({
  id: PolicyVersionId,
  policyId: PolicyId,
  number: z.number().int().describe('counts from 1'),
  state: PolicyState,
  format: PolicyFormat,
  bytes: z.number().int(),
  sha256: z.string().describe('of the content, hex'),
  note: z.string().describe('what changed'),
  authorId: PersonId,
  createdAt: Instant,
  submittedAt: Instant.nullable(),
  approvedBy: PersonId.nullable(),
  approvedAt: Instant.nullable(),
  publishedAt: Instant.nullable(),
  acknowledgeBy: CalendarDate.nullable(),
  reviewComment: z.string().nullable(),
})

export const PolicySummary = z.object({
  id: PolicyId,
  title: z.string(),
  promises: z.array(z.string()).max(39),
  ownerId: PersonId,
  retired: z.boolean(),
  reviewEveryDays: z.number().int(),
  requiredAtOnce: z.boolean().describe('who has not acknowledged it does no risky work, even before the day set for it'),
  nextReviewOn: CalendarDate.nullable(),
  publishedVersion: z.number().int().nullable(),
  latestVersion: z.number().int().nullable(),
  latestState: PolicyState.nullable(),
  acknowledged: z.number().int().describe('members who acknowledged the published version'),
  members: z.number().int(),
  acknowledgedByMe: z.boolean(),
})

export const Acknowledgement = z.object({
  personId: PersonId,
  at: Instant.nullable(),
  versionId: PolicyVersionId,
  statement: z.string().nullable(),
  signature: z.string().nullable().describe('Ed25519 over the record, base64'),
})

const versionErrors = { version_not_found: 404, wrong_state: 409 } as const

/** Written security policies (H4): draft → review → approved (never by the author) → published → acknowledged. */
export const policy = capability('policy', {
  create: command({
    path: '/policies',
    summary: 'Start a policy; its first version is a draft',
    permission: 'policy:write',
    maxBodyBytes,
    input: z.object({
      title: line(1, 200),
      format: PolicyFormat.default('markdown'),
      content,
      note: text(0, 500).default('First version'),
      reviewEveryDays: z.number().int().min(1).max(1100).default(365),
      requiredAtOnce: z.boolean().default(false),
      promises: z.array(promise).max(39).default([]),
    }),
    output: PolicyVersion,
    errors: { content_invalid: 422, content_too_large: 413, unknown_promise: 422 },
    audit: { action: 'policy.created', target: (_, { policyId }) => policyId },
  }),
  update: command({
    path: '/policies/:id',
    summary: 'Change the title, owner, review interval or linked promises',
    permission: 'policy:publish',
    input: z.object({
      id: PolicyId,
      title: line(1, 200).optional(),
      ownerId: PersonId.optional(),
      reviewEveryDays: z.number().int().min(1).max(1100).optional(),
      requiredAtOnce: z.boolean().optional(),
      promises: z.array(promise).max(39).optional(),
    }),
    output: PolicySummary,
    errors: { policy_not_found: 404, member_not_found: 404, unknown_promise: 422 },
    opens: [policyReview],
    withdraws: [policyReview],
    audit: { action: 'policy.updated', target: ({ id }) => id },
  }),
  addVersion: command({
    path: '/policies/:id/versions',
    summary: 'Draft the next version',
    permission: 'policy:write',
    maxBodyBytes,
    input: z.object({ id: PolicyId, format: PolicyFormat.default('markdown'), content, note: text(1, 500) }),
    output: PolicyVersion,
    errors: { policy_not_found: 404, version_open: 409, content_invalid: 422, content_too_large: 413, policy_retired: 409 },
    audit: { action: 'policy.version_drafted', target: (_, { id }) => id },
  }),
  editDraft: command({
    path: '/policy-versions/:id/edit',
    summary: 'Replace the content of a draft; whoever edits becomes its author',
    permission: 'policy:write',
    maxBodyBytes,
    input: z.object({ id: PolicyVersionId, content, note: text(1, 500).optional() }),
    output: PolicyVersion,
    errors: { ...versionErrors, content_invalid: 422, content_too_large: 413 },
    audit: { action: 'policy.draft_edited', target: ({ id }) => id },
  }),
  submit: command({
    path: '/policy-versions/:id/submit',
    summary: 'Hand a draft over for review',
    permission: 'policy:write',
    input: z.object({ id: PolicyVersionId }),
    output: PolicyVersion,
    errors: versionErrors,
    audit: { action: 'policy.submitted', target: ({ id }) => id },
  }),
  approve: command({
    path: '/policy-versions/:id/approve',
    summary: 'Approve a version under review; never one’s own',
    permission: 'policy:approve',
    input: z.object({
      id: PolicyVersionId,
      comment: text(0, 2000).optional(),
      sha256: z.string().length(64).describe('of the content that was read'),
    }),
    output: PolicyVersion,
    errors: { ...versionErrors, own_version: 403, content_changed: 409 },
    audit: { action: 'policy.approved', target: ({ id }) => id },
  }),
  requestChanges: command({
    path: '/policy-versions/:id/request-changes',
    summary: 'Send a version back to its author',
    permission: 'policy:approve',
    input: z.object({ id: PolicyVersionId, comment: text(1, 2000) }),
    output: PolicyVersion,
    errors: versionErrors,
    audit: { action: 'policy.changes_requested', target: ({ id }) => id },
  }),
  publish: command({
    path: '/policy-versions/:id/publish',
    summary: 'Publish an approved version; the one before is superseded, members are asked to acknowledge',
    permission: 'policy:publish',
    input: z.object({ id: PolicyVersionId, acknowledgeWithinDays: z.number().int().min(1).max(365).default(14) }),
    output: PolicyVersion,
    errors: versionErrors,
    opens: [policyReview],
    meets: [policyReview],
    withdraws: [policyAcknowledgement],
    audit: { action: 'policy.published', target: ({ id }) => id },
  }),
  confirmReview: command({
    path: '/policies/:id/confirm-review',
    summary: 'Record that the published version was reviewed and stands',
    permission: 'policy:approve',
    input: z.object({ id: PolicyId, comment: text(1, 2000) }),
    output: PolicySummary,
    errors: { policy_not_found: 404, not_published: 409 },
    opens: [policyReview],
    meets: [policyReview],
    audit: { action: 'policy.reviewed', target: ({ id }) => id },
  }),
  retire: command({
    path: '/policies/:id/retire',
    summary: 'Retire a policy; it stays readable',
    permission: 'policy:publish',
    input: z.object({ id: PolicyId, reason: text(1, 500) }),
    output: PolicySummary,
    errors: { policy_not_found: 404, policy_retired: 409 },
    withdraws: [policyReview, policyAcknowledgement],
    audit: { action: 'policy.retired', target: ({ id }) => id },
  }),
  acknowledge: command({
    path: '/policy-versions/:id/acknowledge',
    summary: 'Declare that you read and will follow the published version; the record is signed',
    permission: 'policy:acknowledge',
    input: z.object({ id: PolicyVersionId, sha256: z.string().length(64).describe('of the content that was read') }),
    output: Acknowledgement,
    errors: { ...versionErrors, content_changed: 409, already_acknowledged: 409 },
    meets: [policyAcknowledgement],
    audit: { action: 'policy.acknowledged', target: ({ id }) => id },
  }),
  remind: command({
    path: '/policies/:id/remind',
    summary: 'Write to the members who have not acknowledged yet',
    permission: 'policy:publish',
    rate: 'heavy',
    input: z.object({ id: PolicyId }),
    output: z.object({ id: PolicyId, reminded: z.number().int() }),
    errors: { policy_not_found: 404, not_published: 409, reminded_today: 409 },
    audit: { action: 'policy.reminded', target: ({ id }) => id },
  }),
  list: query({
    path: '/policies',
    summary: 'The policies, where they stand and what is due',
    permission: 'policy:read',
    input: z.object({
      ...page,
      search: z.string().max(100).optional(),
      state: PolicyState.optional(),
      due: z.enum(['me', 'review']).optional(),
    }),
    output: pageOf(PolicySummary),
  }),
  read: query({
    path: '/policies/:id',
    summary: 'One policy with its versions',
    permission: 'policy:read',
    input: z.object({ id: PolicyId }),
    output: PolicySummary.extend({ versions: z.array(PolicyVersion).max(100) }),
    errors: { policy_not_found: 404 },
  }),
  content: query({
    path: '/policy-versions/:id/content',
    summary: 'The content of a version: Markdown, or a PDF in base64',
    permission: 'policy:read',
    input: z.object({ id: PolicyVersionId }),
    output: z.object({ version: PolicyVersion, content: z.string() }),
    errors: { version_not_found: 404 },
  }),
  diff: query({
    path: '/policy-versions/:id/diff',
    summary: 'What changed since another version, line by line',
    permission: 'policy:read',
    input: z.object({ id: PolicyVersionId, from: PolicyVersionId }),
    output: z.object({
      lines: z.array(z.object({ kind: z.enum(['same', 'added', 'removed', 'skipped']), text: z.string() })).max(20_000),
      added: z.number().int(),
      removed: z.number().int(),
    }),
    errors: { version_not_found: 404, not_text: 409 },
  }),
  acknowledgements: query({
    path: '/policies/:id/acknowledgements',
    summary: 'Who acknowledged the published version, and who has not',
    permission: 'policy:approve',
    input: z.object({ id: PolicyId, ...page }),
    output: pageOf(Acknowledgement),
    errors: { policy_not_found: 404 },
  }),
})
