import { isRiskyRole, member, type PersonId, type Role } from '@holdfast/contract'
import { sql } from 'kysely'
import { requireCleared } from '../../kernel/clearance.ts'
import { isTheDirectorys, managedElsewhere } from '../../kernel/directory.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { endMembership, endSessionsHere, keepsAnOwner, lockRoles, membershipChanged } from '../../kernel/membership.ts'
import { isPerson } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { mayTouch, weaker } from './rules.ts'

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

export const changeRole = handle(member.changeRole, async ({ id, role }, context) => {
  const { tx, person, fail } = context
  if (id === person()) throw fail('own_role', 'Ask another Owner or Admin, or transfer ownership.')
  const { mine, target } = await standing(context, id)
  if (target === null) throw fail('member_not_found')
  if (!mayTouch(mine, target, role)) throw fail('owner_only')
  if (await isTheDirectorys(tx, id, target, role)) throw fail('directory_managed', managedElsewhere)
  if (isRiskyRole(role) && role !== target && !(target === 'owner' && role === 'admin'))
    await requireCleared(context, id, 'role_owner_admin', fail)
  const change = () =>
    tx
      .updateTable('membership')
      .set((row) => ({ role, roleBy: 'person' as const, version: sql`${row.ref('version')} + 1` }))
      .where('personId', '=', id)
      .execute()
  if (role !== target && !(await keepsAnOwner(tx, change))) throw fail('last_owner')
  if (role !== target) await membershipChanged(context, id, role)
  return { id, role }
})

export const remove = handle(member.remove, async ({ id }, context) => {
  const { tx, fail } = context
  const { mine, target } = await standing(context, id)
  if (target === null) throw fail('member_not_found')
  if (!mayTouch(mine, target)) throw fail('owner_only')
  if (await isTheDirectorys(tx, id, target, null)) throw fail('directory_managed', managedElsewhere)
  if (!(await endMembership(context, id, 'member_removed'))) throw fail('last_owner')
  return { id }
})

export const endSessions = handle(member.endSessions, async ({ id }, context) => {
  const { tx, orgId, now, fail } = context
  const { mine, target } = await standing(context, id)
  if (target === null) throw fail('member_not_found')
  if (!mayTouch(mine, target)) throw fail('owner_only')
  // One that is in another organisation just then is not ours to end; it does not come back.
  await tx.updateTable('membership').set({ sessionsEndedAt: now }).where('personId', '=', id).execute()
  return { id, ended: await endSessionsHere(tx, orgId, id, 'ended_by_manager', now) }
})

export const leave = handle(member.leave, async (_, context) => {
  const { tx, principal, person, fail, cookies } = context
  const id = person()
  const role = isPerson(principal) ? principal.role : null
  if (await isTheDirectorys(tx, id, role, null))
    throw fail('directory_managed', 'Your organisation’s directory answers for you: ask whoever runs it.')
  if (!(await endMembership(context, id, 'left'))) throw fail('last_owner', 'Transfer ownership first.')
  cookies({ clear: true })
  return { id }
})
