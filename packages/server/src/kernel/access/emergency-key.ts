import type { EmergencyKeyKind } from '@holdfast/contract'

interface EmergencyKeyTable {
  id: string
  kind: EmergencyKeyKind
  personId: string
  fingerprint: string
  keptSealed: Buffer
  since: Date
  until: Date
  triedAt: Date | null
  registeredBy: string
  endedAt: Date | null
  endedBy: string | null
}
declare module '../tenancy/schema.ts' {
  interface Database {
    emergencyKey: EmergencyKeyTable
  }
}

export const keptPlace = (row: string) => ({ table: 'emergency_key', column: 'kept_sealed', row })
