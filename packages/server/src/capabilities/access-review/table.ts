import type { ReviewedKind, Proposal, ReviewDecision, ReviewReason, Role } from '@holdfast/contract'
import type { Generated } from 'kysely'

interface AccessReviewTable {
  id: string
  state: Generated<'gathering' | 'open' | 'completed'>
  begunBy: string
  begunAt: Date
  dueAt: Date | null
  gatherKind: Generated<number>
  gatherAfter: Generated<string>
  gatheredAt: Date | null
  completedBy: string | null
  completedAt: Date | null
  comment: string | null
}
export interface AccessReviewItemTable {
  reviewId: string
  id: string
  kind: ReviewedKind
  ref: string
  version: string
  label: string
  detail: string
  personId: string | null
  holderSealed: Buffer | null
  role: Role | null
  since: Date
  lastUsedAt: Date | null
  expiresAt: Date | null
  proposal: Proposal
  reasons: ReviewReason[]
  proposedRole: Role | null
  decision: ReviewDecision | null
  newRole: Role | null
  reason: string | null
  decidedBy: string | null
  decidedAt: Date | null
}

declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    accessReview: AccessReviewTable
    accessReviewItem: AccessReviewItemTable
  }
}
