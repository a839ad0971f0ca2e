import type { StaffRole } from '@holdfast/contract'
import type { Generated } from 'kysely'

interface StaffPolicyTable {
  id: string
  role: StaffRole
  maxSeconds: number
  ticketRequired: boolean
  setBy: string
  setAt: Date
  withdrawnAt: Date | null
  withdrawnBy: string | null
}
interface StaffGrantTable {
  id: string
  personId: string
  role: StaffRole
  write: boolean
  seconds: number
  reasonSealed: Buffer
  nameSealed: Buffer
  ticket: string | null
  requestHash: string
  requestedAt: Date
  requestExpiresAt: Date
  state: Generated<'requested' | 'approved' | 'denied' | 'cancelled' | 'ended'>
  approvedBy: string | null
  policyId: string | null
  startsAt: Date | null
  endsAt: Date | null
  endedAt: Date | null
  endedBy: string | null
}
declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    staffPolicy: StaffPolicyTable
    staffGrant: StaffGrantTable
  }
}
