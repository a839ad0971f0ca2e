/** Who is in a group. */
import type { OrgTx } from '../../../kernel/tenancy/org-tx.ts'
import { equalities, type Filter } from './filter.ts'
import type { Change } from './patch.ts'
import { parsePath } from './path.ts'
import { ScimRefusal } from './refusal.ts'

export const mostMembers = 5_000

/** `["id"]`, `[{"value":"id"}]` or one of them alone. */
export const idsIn = (value: unknown): string[] => {
  if (value === null || value === undefined || value === '') return []
  const all = Array.isArray(value) ? (value as unknown[]) : [value]
  if (all.length > mostMembers) throw new ScimRefusal('too_many', `At most ${mostMembers} members in one request.`)
  return all.map((one) => {
    const { value: id = one, type } = typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : { value: one }
    if (typeof type === 'string' && type.toLowerCase() === 'group')
      throw new ScimRefusal('invalid_value', 'Groups inside groups are not supported: send the people.')
    if (typeof id !== 'string') throw new ScimRefusal('invalid_value', 'A member is named by its value, the id of a user.')
    return id
  })
}

/** `members[value eq "a" or value eq "b"]` */
const idsOf = (filter: Filter): string[] => {
  if (filter.kind === 'or') return [...idsOf(filter.left), ...idsOf(filter.right)]
  const ids = equalities(filter).flatMap(([name, value]) =>
    name.toLowerCase() === 'value' && typeof value === 'string' ? [value] : [],
  )
  if (ids.length === 0) throw new ScimRefusal('invalid_path', 'Name members as members[value eq "id"].')
  return ids
}

export interface GroupChange {
  displayName?: unknown
  externalId?: unknown
  members?: Set<string>
}

/**
 * A group after the changes. `remove` with a list takes only those on it; without list and filter all go, as the standard says. Whoever is
 * added twice is in once, and whoever is not in may be removed.
 */
export const changedGroup = (members: readonly string[], changes: readonly Change[]): GroupChange => {
  const changed: GroupChange = {}
  const touch = (): Set<string> => (changed.members ??= new Set(members))
  const apply = ({ op, path: text, value }: Change): void => {
    if (text === undefined || text === '') {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new ScimRefusal(
          op === 'remove' ? 'no_target' : 'invalid_value',
          'Without a path the value is an object of attributes.',
        )
      for (const [name, one] of Object.entries(value))
        if (['displayname', 'externalid', 'members'].includes(name.toLowerCase())) apply({ op, path: name, value: one })
      return
    }
    const { attribute, filter, part } = parsePath(text)
    const name = attribute.toLowerCase()
    if (name === 'displayname' || name === 'externalid') {
      if (filter || part !== null) throw new ScimRefusal('invalid_path', `${attribute} is a text.`)
      changed[name === 'displayname' ? 'displayName' : 'externalId'] = op === 'remove' ? null : value
    } else if (name === 'members') {
      if (filter && op !== 'remove') throw new ScimRefusal('invalid_path', 'Members are added by their list.')
      const ids = filter ? idsOf(filter) : idsIn(value)
      if (op === 'remove' && !filter && value === undefined) changed.members = new Set()
      else if (op === 'replace') changed.members = new Set(ids)
      else {
        const held = touch()
        for (const id of ids)
          if (op === 'add') held.add(id)
          else held.delete(id)
      }
    } else if (['id', 'meta', 'schemas'].includes(name)) throw new ScimRefusal('read_only', `${attribute} is ours to say.`)
    else throw new ScimRefusal('invalid_path', `There is no attribute ${attribute.slice(0, 60)}.`)
  }
  changes.forEach(apply)
  if ((changed.members?.size ?? 0) > mostMembers + members.length) throw new ScimRefusal('too_many', 'Too many members at once.')
  return changed
}

export const membersOf = async (tx: OrgTx, groupId: string): Promise<string[]> => {
  const rows = await tx
    .selectFrom('directoryGroupMember')
    .select('userId')
    .where('groupId', '=', groupId)
    .orderBy('userId')
    .limit(100_000)
    .execute()
  return rows.map(({ userId }) => userId)
}

const batches = function* (ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += 1_000) yield ids.slice(at, at + 1_000)
}

/** Makes the members of a group these. Returns who came and who went; throws where one is no user of this organisation. */
export const setMembers = async (
  { tx, test }: { tx: OrgTx; test: boolean },
  groupId: string,
  before: readonly string[],
  after: ReadonlySet<string>,
): Promise<{ added: string[]; removed: string[] }> => {
  const held = new Set(before)
  const added = [...after].filter((id) => !held.has(id))
  const removed = before.filter((id) => !after.has(id))
  for (const ids of batches(added)) {
    const known = tx
      .selectFrom('directoryUser')
      .select('id')
      .where('id', 'in', [...ids])
      .where('marked', '=', test)
    if ((await known.forShare().execute()).length < ids.length)
      throw new ScimRefusal('resource_not_found', 'One of the members is no user here.')
    const rows = ids.map((userId) => ({ groupId, userId }))
    await tx
      .insertInto('directoryGroupMember')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  for (const ids of batches(removed))
    await tx
      .deleteFrom('directoryGroupMember')
      .where('groupId', '=', groupId)
      .where('userId', 'in', [...ids])
      .execute()
  return { added, removed }
}
