import { AccessPolicyId, HostId, PersonId, type AccessPolicy } from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { z } from 'zod'
import type { AccessPolicyTable } from './tables.ts'

export type Policy = z.infer<typeof AccessPolicy>

export const presentPolicy = (row: Selectable<AccessPolicyTable>): Policy => ({
  ...row,
  id: AccessPolicyId.parse(row.id),
  requesters: { ...row.requesters, serviceAccountIds: row.requesters.serviceAccountIds ?? [] },
  approvals: row.approvals === 2 ? 2 : 1,
  bastionId: row.bastionId === null ? null : HostId.parse(row.bastionId),
  createdBy: PersonId.parse(row.createdBy),
  createdAt: row.createdAt.toISOString(),
  changedBy: PersonId.parse(row.changedBy),
  changedAt: row.changedAt.toISOString(),
})

export const policyColumns = [
  ...(['id', 'version', 'name', 'kind', 'selects', 'logins', 'requesters', 'approvers', 'approvals', 'maxSeconds'] as const),
  ...(['reasonRequired', 'ticketPattern', 'sourceNetworks', 'hours', 'extensions', 'apiKeysMayAsk', 'bastionId'] as const),
  ...(['state', 'createdBy', 'createdAt', 'changedBy', 'changedAt'] as const),
] as const
