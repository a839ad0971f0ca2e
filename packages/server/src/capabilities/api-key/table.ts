import type { Generated } from 'kysely'

interface ApiKeyTable {
  id: string
  name: string
  secretHash: Buffer
  role: string
  createdBy: string
  createdAt: Generated<Date>
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}
declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    apiKey: ApiKeyTable
  }
}
