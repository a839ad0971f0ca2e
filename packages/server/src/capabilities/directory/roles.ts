import { DirectoryUserId, PersonId, type Role } from '@holdfast/contract'
import { sql } from 'kysely'
import type { Context, Entered } from '../../kernel/handle.ts'
import { lockRoles, membershipChanged, type Changing } from '../../kernel/membership.ts'
import { givenTo, rankOf, roleAt, safestRank, type Wanted } from './rules.ts'
import './table.ts'

/** Which group gives which role, and what everybody else gets. */
export interface Mapping {
  defaultRole: Role
  roles: ReadonlyMap<string, Role>
}

/** The mapping in force. */
export const currentMapping = async ({ tx }: Pick<Entered, 'tx'>): Promise<Mapping> => {
  const { defaultRole } = await tx.selectFrom('directory').select('defaultRole').executeTakeFirstOrThrow()
  const rows = await tx.selectFrom('directoryGroup').select(['id', 'role']).where('role', 'is not', null).execute()
  return { defaultRole: defaultRole as Role, roles: new Map(rows.map(({ id, role }) => [id, role as Role])) }
}

interface Differing extends Wanted {
  personId: PersonId
  userId: DirectoryUserId
  held: Role
}

/** At most so many people change by one request; more is refused before anything is done. */
export const mostChanges = 5_000

/**
 * The members whose role is not what the mapping says, Owners left out: what a directory says of them is not asked. One statement, whose answer
 * is as long as the difference. `among`: only these users.
 */
const differing = async ({ tx }: Pick<Entered, 'tx'>, { defaultRole, roles }: Mapping, among: readonly string[] | null) => {
  const [ids, ranks] = [[...roles.keys()], [...roles.values()].map(rankOf)]
  const usual = rankOf(defaultRole)
  const rank = sql<number>`case membership.role when 'admin' then 1 when 'reviewer' then 2 when 'member' then 3 else 4 end`
  const given = sql<number | null>`(${ranks}::int[])[array_position(${ids}::text[], directory_group_member.group_id)]`
  const best = sql<number>`coalesce(min(${given}), ${usual}::int)`
  const meanwhile = sql<number>`coalesce(min(${given}) filter (where ${given} >= ${safestRank}::int), ${usual}::int)`
  let query = tx
    .selectFrom('directoryUser')
    .innerJoin('membership', 'membership.personId', 'directoryUser.personId')
    .leftJoin('directoryGroupMember', 'directoryGroupMember.userId', 'directoryUser.id')
    .select(['directoryUser.personId', 'directoryUser.id as userId', 'membership.role as held'])
    .select([best.as('best'), meanwhile.as('meanwhile')])
    .where('directoryUser.active', '=', true)
    .where('membership.role', '!=', 'owner')
  if (among !== null) query = query.where('directoryUser.id', 'in', [...among])
  const rows = await query
    .groupBy(['directoryUser.personId', 'directoryUser.id', 'membership.role'])
    .having(best, '!=', rank)
    .orderBy('directoryUser.id')
    .limit(mostChanges + 1)
    .execute()
  return rows.map((row): Differing => ({
    personId: PersonId.parse(row.personId),
    userId: DirectoryUserId.parse(row.userId),
    held: row.held as Role,
    role: roleAt(row.best),
    meanwhile: roleAt(row.meanwhile),
  }))
}

export interface RoleChange {
  personId: PersonId
  from: Role
  to: Role
  /** What they lack for the role that their groups give; they get another one meanwhile (C8). */
  waitsFor: readonly string[]
}

/** What a mapping would change, for whom, and who waits for what. */
export const changesUnder = async (
  context: Entered & Pick<Context, 'now' | 'services'>,
  mapping: Mapping,
  among: readonly string[] | null = null,
): Promise<RoleChange[]> => {
  const people = among?.length === 0 ? [] : await differing(context, mapping, among)
  const risky = people.filter(({ role, meanwhile }) => role !== meanwhile).map(({ personId }) => personId)
  const missing = await context.services.clearance.uncleared(risky, 'role_owner_admin', context, context.now)
  return people.flatMap(({ personId, held, ...wanted }) => {
    const lacks = missing.get(personId)?.map(({ detail }) => detail) ?? []
    const { role: to, waitsFor } = givenTo(wanted, lacks)
    return to === held && waitsFor.length === 0 ? [] : [{ personId, from: held, to, waitsFor }]
  })
}

/** Gives the roles, under the lock of the memberships; returns how many changed. Sessions see it at their next request. */
export const giveRoles = async (context: Changing, changes: readonly RoleChange[]): Promise<number> => {
  const wanted = changes.filter(({ from, to }) => from !== to)
  if (wanted.length === 0) return 0
  const live = await lockRoles(
    context.tx,
    wanted.map(({ personId }) => personId),
  )
  const still = wanted.filter(({ personId, from }) => live.get(personId) === from)
  for (const [to, ones] of Map.groupBy(still, (change) => change.to)) {
    const people = ones.map(({ personId }) => personId)
    await context.tx
      .updateTable('membership')
      .set((row) => ({ role: to, roleBy: 'directory' as const, version: sql`${row.ref('version')} + 1` }))
      .where('personId', 'in', people)
      .execute()
    for (const personId of people) await membershipChanged(context, personId, to)
  }
  return still.length
}

/** Brings the roles of these users in line with the mapping in force. Returns sentences for the log. */
export const settleRoles = async (context: Changing & Entered, users: readonly string[]): Promise<string[]> => {
  if (users.length === 0) return []
  const changes = await changesUnder(context, await currentMapping(context), users)
  const changed = await giveRoles(context, changes)
  const waiting = changes.filter(({ waitsFor }) => waitsFor.length > 0).length
  return [
    ...(changed > 0 ? [`Roles changed: ${changed}.`] : []),
    ...(waiting > 0 ? [`Not cleared for Admin yet, so they have another role meanwhile: ${waiting}.`] : []),
  ]
}
