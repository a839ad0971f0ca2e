import { StaffAccess, type PersonId } from '@holdfast/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Entered } from '../../kernel/handle.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Vault } from '../../kernel/vault.ts'
import { requestHashOf, stateAt } from './rules.ts'
import './table.ts'

export const sealedPlace = (column: 'reason_sealed' | 'name_sealed', row: string) => ({ table: 'staff_grant', column, row })

const isLive = sql<boolean>`exists (select from staff_grant_live(staff_grant.org_id, staff_grant.id, staff_grant.person_id))`.as(
  'live',
)

/** Grants of the organisation entered, each with whether it is live at this moment. */
export const grantsIn = (tx: OrgTx) => tx.selectFrom('staffGrant').selectAll().select(isLive)
export type GrantRow = Awaited<ReturnType<ReturnType<typeof grantsIn>['execute']>>[number]

/** Locked until commit: two who decide at once wait for each other. */
export const lockGrant = (tx: OrgTx, id: string): Promise<GrantRow | undefined> =>
  grantsIn(tx).where('id', '=', id).forUpdate().executeTakeFirst()

const instant = (at: Date | null): string | null => at?.toISOString() ?? null

export const present = async (vault: Vault, row: GrantRow, now: Date): Promise<z.infer<typeof StaffAccess>> => {
  const { id, role, write, seconds, ticket, requestHash } = row
  return StaffAccess.parse({
    ...{ id, role, write, seconds, ticket, requestHash, state: stateAt(row, now) },
    personId: row.personId,
    personName: await vault.openText('org', sealedPlace('name_sealed', id), row.nameSealed),
    reason: await vault.openText('org', sealedPlace('reason_sealed', id), row.reasonSealed),
    ...{ requestedAt: instant(row.requestedAt), requestExpiresAt: instant(row.requestExpiresAt) },
    ...{ startsAt: instant(row.startsAt), endsAt: instant(row.endsAt), endedAt: instant(row.endedAt) },
    ...{ byPolicy: row.policyId !== null, approvedBy: row.approvedBy, endedBy: row.endedBy },
  })
}

export const show = async ({ tx, vault }: Entered, id: string, now: Date) =>
  present(vault, await grantsIn(tx).where('id', '=', id).executeTakeFirstOrThrow(), now)

/** The hash is made anew of what stands in the row: an approval is bound to that, not to what a column says about it. */
export const hashOf = async (vault: Vault, org: string, row: GrantRow): Promise<string> =>
  requestHashOf({
    ...{ org, grant: row.id, person: row.personId, role: row.role, write: row.write, seconds: row.seconds, ticket: row.ticket },
    reason: await vault.openText('org', sealedPlace('reason_sealed', row.id), row.reasonSealed),
  })

/** The standing policy, where there is one. */
export const currentPolicy = (tx: OrgTx) =>
  tx.selectFrom('staffPolicy').selectAll().where('withdrawnAt', 'is', null).executeTakeFirst()

/** Ends the policy and, in the same transaction, whatever it gave. */
export const withdrawPolicy = async (tx: OrgTx, by: PersonId, now: Date): Promise<{ id: string; ended: number } | null> => {
  const withdrawn = await tx
    .updateTable('staffPolicy')
    .set({ withdrawnAt: now, withdrawnBy: by })
    .where('withdrawnAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!withdrawn) return null
  const ended = await tx
    .updateTable('staffGrant')
    .set({ state: 'ended', endedAt: now, endedBy: by })
    .where('policyId', '=', withdrawn.id)
    .where('state', '=', 'approved')
    .where('endsAt', '>', now)
    .returning('id')
    .execute()
  return { id: withdrawn.id, ended: ended.length }
}

/** One's own requests in all organisations; the gate's function answers nobody else's. */
export const ownGrants = (tx: OrgTx) =>
  tx.selectFrom(
    sql<{
      orgId: string
      orgName: string
      id: string
      role: GrantRow['role']
      write: boolean
      seconds: number
      ticket: string | null
      requestHash: string
      requestedAt: Date
      requestExpiresAt: Date
      state: GrantRow['state']
      byPolicy: boolean
      startsAt: Date | null
      endsAt: Date | null
      endedAt: Date | null
      live: boolean
    }>`gate_own_staff_grants()`.as('own'),
  )
