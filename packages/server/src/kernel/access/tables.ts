import type {
  AccessPolicy,
  DatabaseProfile,
  GrantEndReason,
  GrantState,
  Host,
  LiveSession,
  Recording,
  SshExtension,
  SshPurpose,
} from '@holdfast/contract'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { z } from 'zod'

/** JSON goes in as text and comes out parsed. */
type Json<T> = ColumnType<T, string, string>
type Policy = z.infer<typeof AccessPolicy>
type Extension = z.infer<typeof SshExtension>

export interface HostTable {
  id: string
  name: string
  environment: string
  labels: string[]
  address: string
  port: number
  whenStale: z.infer<typeof Host>['whenStale']
  recorderLogin: string | null
  state: Generated<z.infer<typeof Host>['state']>
  agentId: string | null
  agentSecretHash: Buffer | null
  hostPublicKey: string | null
  createdAt: Date
  enrolledAt: Date | null
  retiredAt: Date | null
  leftAt: Date | null
  agentVersion: string | null
  /** bigint */
  acknowledged: string | null
  acknowledgedAt: Date | null
  lastSeenAt: Date | null
  hostAuthority: number | null
  certificateEndsAt: Date | null
  sshdCheckedAt: Date | null
  sshdAccounts: number | null
  sshdWays: string[] | null
  clockSkewSeconds: number | null
}
interface HostEnrolmentTable {
  id: string
  tokenHash: Buffer
  hostId: string
  expiresAt: Date
  usedAt: Date | null
  createdAt: Date
}
interface HostRefusalTable {
  id: string
  hostId: string
  at: Date
  login: string | null
  keyId: string | null
  reason: string
}
interface AccessSequenceTable {
  /** bigint */
  sequence: string
  changedAt: Date
}
/** Of the last hour. */
interface AccessChangeTable {
  /** bigint */
  sequence: string
  changedAt: Date
}
export interface AccessPolicyTable {
  id: string
  kind: Policy['kind']
  version: number
  name: string
  selects: Json<Policy['selects']>
  logins: string[]
  /** Rules from before service accounts could ask name none. */
  requesters: Json<Partial<Pick<Policy['requesters'], 'serviceAccountIds'>> & Omit<Policy['requesters'], 'serviceAccountIds'>>
  approvers: Json<Policy['approvers']>
  approvals: number
  maxSeconds: number
  reasonRequired: boolean
  ticketPattern: string | null
  sourceNetworks: string[]
  hours: ColumnType<Policy['hours'], string | null, string | null>
  extensions: Extension[]
  apiKeysMayAsk: boolean
  bastionId: string | null
  state: Generated<Policy['state']>
  createdBy: string
  createdAt: Date
  changedBy: string
  changedAt: Date
}
export interface AccessGrantTable {
  id: string
  policyId: string
  policyVersion: number
  hostId: string | null
  databaseId: string | null
  login: string
  /** Of these two exactly one. */
  personId: string | null
  serviceAccountId: string | null
  /** That asked for a service account, and with which of its secrets (`generation`). */
  keyId: string | null
  keyGeneration: number | null
  /** The person or the service account. */
  requesterId: GeneratedAlways<string>
  seconds: number
  notBefore: Date | null
  reasonSealed: Buffer
  ticket: string | null
  extensions: Extension[]
  sourceNetworks: string[]
  extendsId: string | null
  requestHash: string
  requestedAt: Date
  requestExpiresAt: Date
  state: Generated<z.infer<typeof GrantState>>
  startsAt: Date | null
  endsAt: Date | null
  endedAt: Date | null
  endReason: z.infer<typeof GrantEndReason> | null
  endedBy: string | null
  decisionSealed: Buffer | null
  /** bigint */
  endSequence: string | null
  toldAt: Date | null
  confirmedAt: Date | null
  confirmedBy: string | null
}
interface GrantApprovalTable {
  grantId: string
  personId: string
  requesterId: string
  requestHash: string
  at: Date
}
interface GrantCertificateTable {
  /** bigint */
  serial: string
  grantId: string
  keyFingerprint: string
  issuedAt: Date
  validBefore: Date
}
export interface ManagedDatabaseTable {
  id: string
  name: string
  environment: string
  labels: string[]
  address: string
  port: number
  database: string
  profiles: Json<z.infer<typeof DatabaseProfile>[]>
  administrator: string
  passwordSealed: Buffer | null
  ca: string | null
  state: Generated<'active' | 'retired'>
  createdAt: Date
  retiredAt: Date | null
  checkedAt: Date | null
  trouble: string | null
}
export interface DatabaseRoleTable {
  id: string
  grantId: string
  databaseId: string
  name: string
  createdAt: Date
  verifierSealed: Buffer | null
  madeAt: Date | null
  validUntil: Date
  noLoginAt: Date | null
  deadAt: Date | null
  droppedAt: Date | null
  backendsEnded: Generated<number>
  triedAt: Date | null
  trouble: string | null
  abandonedAt: Date | null
  abandonedBy: string | null
}
interface LiveSessionTable {
  id: string
  hostId: string
  grantId: string
  login: string
  startedAt: Date
  toldAt: Date | null
  endedAt: Date | null
  endReason: z.infer<typeof LiveSession>['endReason']
  survivors: number | null
}
interface RecordingTable {
  id: string
  grantId: string
  bastionId: string
  sessionId: string
  kind: z.infer<typeof Recording>['kind']
  commandSealed: Buffer | null
  columns: number
  lines: number
  startedAt: Date
  state: Generated<z.infer<typeof Recording>['state']>
  chunks: Generated<number>
  /** bigint */
  characters: ColumnType<string, number | undefined, number>
  head: string
  lastAt: Date
  endedAt: Date | null
  exitCode: number | null
}
interface RecordingChunkTable {
  recordingId: string
  index: number
  hash: string
  contentSealed: Buffer
  at: Date
}
interface BreakGlassUseTable {
  id: string
  hostId: string
  at: Date
  reportedAt: Date
  fromSealed: Buffer | null
  keyId: string | null
  reviewedAt: Date | null
  reviewedBy: string | null
  findingSealed: Buffer | null
}
interface SshRotationTable {
  id: string
  purpose: z.infer<typeof SshPurpose>
  fromVersion: number
  toVersion: number | null
  startedAt: Date
  startedBy: string
  /** bigint */
  sequence: string | null
  madeAt: Date | null
  movesAt: Date
  movedAt: Date | null
  leftOut: Generated<string[]>
  retiredAt: Date | null
}

declare module '../tenancy/schema.ts' {
  interface Database {
    host: HostTable
    managedDatabase: ManagedDatabaseTable
    databaseRole: DatabaseRoleTable
    hostEnrolment: HostEnrolmentTable
    hostRefusal: HostRefusalTable
    accessSequence: AccessSequenceTable
    accessChange: AccessChangeTable
    accessPolicy: AccessPolicyTable
    accessGrant: AccessGrantTable
    grantApproval: GrantApprovalTable
    grantCertificate: GrantCertificateTable
    liveSession: LiveSessionTable
    breakGlassUse: BreakGlassUseTable
    recording: RecordingTable
    recordingChunk: RecordingChunkTable
    sshRotation: SshRotationTable
  }
}
