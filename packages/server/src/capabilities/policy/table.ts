import type { Generated } from 'kysely'

export type VersionState = 'draft' | 'in_review' | 'approved' | 'published' | 'superseded' | 'rejected'

export interface PolicyTable {
  id: string
  title: string
  ownerId: string
  promises: string[]
  reviewEveryDays: number
  requiredAtOnce: Generated<boolean>
  retiredAt: Date | null
  remindedOn: string | null
  createdAt: Generated<Date>
}
export interface PolicyVersionTable {
  id: string
  policyId: string
  number: number
  state: VersionState
  format: 'markdown' | 'pdf'
  contentSealed: Buffer
  bytes: number
  sha256: string
  note: string
  authorId: string
  editors: string[]
  createdAt: Date
  submittedAt: Date | null
  approvedBy: string | null
  approvedAt: Date | null
  publishedAt: Date | null
  acknowledgeBy: string | null
  reviewComment: string | null
}
interface PolicyAcknowledgementTable {
  versionId: string
  personId: string
  at: Date
  statement: string
  signature: string
}

declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    policy: PolicyTable
    policyVersion: PolicyVersionTable
    policyAcknowledgement: PolicyAcknowledgementTable
  }
}
