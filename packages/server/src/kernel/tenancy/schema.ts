import type { Plan, SignInMethod } from '@holdfast/contract'
import type { Generated } from 'kysely'

/**
 * The tables, as Kysely sees them (camelCase). A capability adds its own by declaration merging:
 * `declare module '../../kernel/tenancy/schema.ts' { interface Database { policy: PolicyTable } }`.
 * `org_id` never appears: the transaction sets and checks it.
 */
export interface Database {
  org: OrgTable
  person: PersonTable
  membership: MembershipTable
  dataKey: DataKeyTable
  idempotency: IdempotencyTable
  accessLog: AccessLogTable
  ledger: LedgerTable
  ledgerCheckpoint: LedgerCheckpointTable
}

interface OrgTable {
  id: string
  slug: string
  name: string
  region: Generated<string>
  plan: Generated<Plan>
  planEndsAt: Date | null
  planBefore: Plan | null
  isOperator: Generated<boolean>
  requireMfa: Generated<boolean>
  sessionMinutes: number | null
  idleMinutes: number | null
  lockMinutes: number | null
  networks: Generated<string[]>
  signInMethods: Generated<SignInMethod[]>
  createdAt: Generated<Date>
}
interface PersonTable {
  id: string
  emailIndex: Buffer
  emailSealed: Buffer
  nameSealed: Buffer
  passwordHash: string | null
  state: Generated<string>
  mfaEnrolledAt: Date | null
  createdAt: Generated<Date>
  updatedAt: Generated<Date>
}
interface MembershipTable {
  personId: string
  role: string
  /** Who gave the role. */
  roleBy: Generated<'person' | 'directory'>
  version: Generated<number>
  /** When a manager ended their sessions here last. */
  sessionsEndedAt: Generated<Date | null>
  createdAt: Generated<Date>
}
interface DataKeyTable {
  scope: string
  version: number
  wrapped: Buffer
  keyId: Buffer
  ringVersion: number
  state: Generated<string>
  createdAt: Generated<Date>
}
interface IdempotencyTable {
  principal: string
  key: string
  operation: string
  requestHash: Buffer
  status: number | null
  responseSealed: Buffer | null
  ledgerSeq: string | null
  createdAt: Generated<Date>
}
interface AccessLogTable {
  id: string
  at: Date
  actor: string
  session: string | null
  operation: string
  target: string | null
  originSealed: Buffer | null
  permission: string
  outcome: string
  rows: number
  batchSeq: string | null
}
interface LedgerTable {
  seq: string
  atUs: string
  prev: Buffer
  hash: Buffer
  body: string
}
interface LedgerCheckpointTable {
  size: string
  root: Buffer
  head: Buffer
  note: string
  createdAt: Generated<Date>
}
