import type { Generated } from 'kysely'

interface WitnessTable {
  id: string
  kind: 'email' | 'webhook'
  targetSealed: Buffer
  createdAt: Generated<Date>
}
interface CheckpointDeliveryTable {
  size: string
  witness: string
  deliveredAt: Date | null
  failure: string | null
}

declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    witness: WitnessTable
    checkpointDelivery: CheckpointDeliveryTable
  }
}
