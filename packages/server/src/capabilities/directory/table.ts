import type { Generated } from 'kysely'

export type CredentialKind = 'bearer' | 'client' | 'access' | 'test'

interface DirectoryCredentialTable {
  id: string
  directoryId: string
  kind: CredentialKind
  /** Of an access token: the client it was given to. */
  clientId: string | null
  /** Who was shown the secret. */
  issuedBy: string | null
  secretHash: Buffer
  createdAt: Date
  expiresAt: Date
  lastUsedAt: Date | null
  revokedAt: Date | null
}
interface DirectoryGroupTable {
  id: string
  directoryId: string
  displayName: string
  externalId: string | null
  role: string | null
  marked: Generated<boolean>
  createdAt: Date
  updatedAt: Date
}
interface DirectoryGroupMemberTable {
  groupId: string
  userId: string
}
interface DirectoryLogTable {
  id: string
  at: Date
  credentialId: string
  requestId: string
  operation: string
  target: string | null
  status: number
  code: string | null
  marked: Generated<boolean>
  detailSealed: Buffer
}
interface DirectoryTestTable {
  id: string
  askedBy: string
  startedAt: Date
  endedAt: Date | null
  steps: Generated<unknown>
}
declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    directoryCredential: DirectoryCredentialTable
    directoryGroup: DirectoryGroupTable
    directoryGroupMember: DirectoryGroupMemberTable
    directoryLog: DirectoryLogTable
    directoryTest: DirectoryTestTable
  }
}
