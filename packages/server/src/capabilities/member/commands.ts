import { isRiskyRole, member, type OrgId, type PersonId, type Role } from '@holdfast/contract'
import { sql } from 'kysely'
import { requireCleared } from '../../kernel/clearance.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { lockRoles, membershipChanged, type Changing } from '../../kernel/membership.ts'
import { isPerson } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { mayTouch, weaker } from './rules.ts'

const ownerNeeded = 'HF002' // by the database, at the latest at commit: migration 0003

/** Runs a change of memberships and lets the database judge it now; false when no Owner would be left. */
const keepsAnOwner = async (tx: OrgTx, change: () => Promise<unknown>): Promise<boolean> => {
  await change()
  try {
    await tx.selectNoFrom(sql`settle_owner()`.as('settled')).execute()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === ownerNeeded) return false
    throw error
  }
}

interface Standing {
  /** What the caller may do now: re-read under the lock, since somebody may have demoted them a moment ago. */
  mine: Role
  target: Role | null
}

const standing = async (
  { tx, principal, person }: Pick<Context, 'tx' | 'principal' | 'person'>,
  id: PersonId,
): Promise<Standing> => {
  if (!isPerson(principal)) throw common('forbidden')
  const roles = await lockRoles(tx, [person(), id])
  const live = roles.get(person())
  if (live === undefined || !(['owner', 'admin'] as Role[]).includes(weaker(live, principal.role)))
    throw common('forbidden', { permission: 'member:write' })
  return { mine: weaker(live, principal.role), target: roles.get(id) ?? null }
}

/** Ends what lets a person act here: sessions in this organisation and API keys. Returns how many sessions. */
const endSessionsHere = async (tx: OrgTx, orgId: OrgId, personId: PersonId, reason: string, now: Date): Promise<number> => {
  const ended = await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: reason })
    .where('personId', '=', personId)
    .where('orgId', '=', orgId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returning('id')
    .execute()
  return ended.length
}
const endKeysHere = (tx: OrgTx, personId: PersonId, now: Date) =>
  tx.updateTable('apiKey').set({ revokedAt: now }).where('createdBy', '=', personId).where('revokedAt', 'is', null).execute()

/** Takes the membership and everything that hangs on it; false when no Owner would be left. */
const removeFrom = async (context: Changing & Pick<Context, 'orgId'>, personId: PersonId, reason: string): Promise<boolean> => {
  const { tx, orgId, now } = context
  const kept = await keepsAnOwner(tx, async () => {
    await tx.deleteFrom('membership').where('personId', '=', personId).execute()
    await endSessionsHere(tx, orgId, personId, reason, now)
    await endKeysHere(tx, personId, now)
  })
  if (kept) await membershipChanged(context, personId, null)
  return kept
}

export const changeRole = handle(member.changeRole, async ({ id, role }, context) => {
  const { tx, person, fail } = context
  if (id === person()) throw fail('own_role', 'Ask another Owner or Admin, or transfer ownership.')
  const { mine, target } = await standing(context, id)
  if (target === null) throw fail('member_not_found')
  if (!mayTouch(mine, target, role)) throw fail('owner_only')
  if (isRiskyRole(role) && role !== target && !(target === 'owner' && role === 'admin'))
    await requireCleared(context, id, 'role_owner_admin', fail)
  const change = () =>
    tx
      .updateTable('membership')
      .set((row) => ({ role, version: sql`${row.ref('version')} + 1` }))
      .where('personId', '=', id)
      .execute()
  if (role !== target && !(await keepsAnOwner(tx, change))) throw fail('last_owner')
  if (role !== target) await membershipChanged(context, id, role)
  return { id, role }
})

export const remove = handle(member.remove, async ({ id }, context) => {
  const { fail } = context
  const { mine, target } = await standing(context, id)
  if (target === null) throw fail('member_not_found')
  if (!mayTouch(mine, target)) throw fail('owner_only')
  if (!(await removeFrom(context, id, 'member_removed'))) throw fail('last_owner')
  return { id }
})

export const endSessions = handle(member.endSessions, async ({ id }, context) => {
  const { tx, orgId, now, fail } = context
  const { mine, target } = await standing(context, id)
  if (target === null) throw fail('member_not_found')
  if (!mayTouch(mine, target)) throw fail('owner_only')
  return { id, ended: await endSessionsHere(tx, orgId, id, 'ended_by_manager', now) }
})

export const leave = handle(member.leave, async (_, context) => {
  const { person, fail, cookies } = context
  const id = person()
  if (!(await removeFrom(context, id, 'left'))) throw fail('last_owner', 'Transfer ownership first.')
  cookies({ clear: true })
  return { id }
})
