import { DirectoryGroupId } from '@holdfast/contract'
import { sql } from 'kysely'
import { newIdOf } from '../../../kernel/identifier.ts'
import { settleRoles } from '../roles.ts'
import { clears } from './document.ts'
import { searchableGroups } from './filter-sql.ts'
import { handleRead, handleWrite, pageOf, whereOf, type ScimContext } from './handling.ts'
import { changedGroup, idsIn, membersOf, setMembers } from './members.ts'
import { scim } from './operations.ts'
import { groupResource, select, wants, type Resource, type Selection } from './present.ts'
import { ScimRefusal } from './refusal.ts'

const columns = ['id', 'displayName', 'externalId', 'role', 'createdAt', 'updatedAt'] as const

interface Row {
  id: string
  displayName: string
  externalId: string | null
  role: string | null
  createdAt: Date
  updatedAt: Date
}

const present = async ({ tx, base }: ScimContext, row: Row, selection: Selection): Promise<Resource> =>
  select(groupResource(row, wants(selection, 'members') ? await membersOf(tx, row.id) : null, base), selection)

const textOf = (name: string, value: unknown): string | null => {
  if (clears(value)) return null
  if (typeof value !== 'string' || value.length > 256 || /[\u0000-\u001f\u007f]/.test(value))
    throw new ScimRefusal('invalid_value', `${name} is a text of at most 256 characters.`)
  return value
}

const displayNameOf = (value: unknown): string => {
  const name = textOf('displayName', value)?.trim() ?? ''
  if (name === '') throw new ScimRefusal('invalid_value', 'displayName is needed.')
  return name
}

interface Whole {
  displayName: string
  externalId: string | null
  /** Null: it says nothing of them. */
  members: string[] | null
}

const wholeOf = (resource: unknown): Whole => {
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource))
    throw new ScimRefusal('invalid_syntax', 'Send a JSON object.')
  const fields = new Map(Object.entries(resource).map(([name, value]): [string, unknown] => [name.toLowerCase(), value]))
  return {
    displayName: displayNameOf(fields.get('displayname')),
    externalId: textOf('externalId', fields.get('externalid')),
    members: fields.has('members') ? idsIn(fields.get('members')) : null,
  }
}

const find = async ({ tx, principal, fail }: ScimContext, id: string, lock: boolean): Promise<Row> => {
  const query = tx.selectFrom('directoryGroup').select(columns).where('id', '=', id).where('marked', '=', principal.test)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!row) throw fail('resource_not_found', 'There is no such group.')
  return row
}

export const listGroups = handleRead(scim.listGroups, async ({ filter, startIndex, count, ...selection }, context) => {
  const { tx, principal, base } = context
  const condition = whereOf(filter, searchableGroups)
  const { start, offset, limit } = pageOf({ startIndex, count })
  const found = () => {
    const all = tx.selectFrom('directoryGroup').where('directoryGroup.marked', '=', principal.test)
    return condition ? all.where(condition) : all
  }
  const [total, rows] = await Promise.all([
    found()
      .select(({ fn }) => fn.countAll<string>().as('total'))
      .executeTakeFirstOrThrow(),
    limit === 0 ? [] : found().select(columns).orderBy('directoryGroup.id').offset(offset).limit(limit).execute(),
  ])
  const ids = rows.map(({ id }) => id)
  const memberships =
    wants(selection, 'members') && ids.length > 0
      ? await tx
          .selectFrom('directoryGroupMember')
          .select(['groupId', 'userId'])
          .where('groupId', 'in', ids)
          .orderBy(['groupId', 'userId'])
          .limit(100_000)
          .execute()
      : null
  const members = memberships && Map.groupBy(memberships, ({ groupId }) => groupId)
  const shown = rows.map((row) =>
    select(groupResource(row, members && (members.get(row.id) ?? []).map(({ userId }) => userId), base), selection),
  )
  return { rows: shown, total: Number(total.total), startIndex: start }
})

export const readGroup = handleRead(scim.readGroup, async ({ id, ...selection }, context) =>
  present(context, await find(context, id, false), selection),
)

const nameTaken = async ({ tx, fail }: ScimContext, displayName: string, except: string | null): Promise<void> => {
  let same = tx
    .selectFrom('directoryGroup')
    .select('id')
    .where(sql`lower(display_name)`, '=', sql`lower(${displayName})`)
  if (except !== null) same = same.where('id', '!=', except)
  if (await same.executeTakeFirst()) throw fail('group_exists', 'A group with this displayName is here already.')
}

/** What follows for those who came or went, where the group gives a role. */
const rolesOf = (context: ScimContext, { role }: Row, touched: readonly string[]): Promise<string[]> =>
  role === null ? Promise.resolve([]) : settleRoles(context, touched)

const counted = (added: readonly string[], removed: readonly string[]): string[] => [
  ...(added.length > 0 ? [`Members added: ${added.length}.`] : []),
  ...(removed.length > 0 ? [`Members removed: ${removed.length}.`] : []),
]

export const createGroup = handleWrite(scim.createGroup, 201, async ({ resource, ...selection }, context) => {
  const { tx, now, principal } = context
  const { displayName, externalId, members } = wholeOf(resource)
  await nameTaken(context, displayName, null)
  const id = newIdOf(DirectoryGroupId, 'dg')
  const row = await tx
    .insertInto('directoryGroup')
    .values({
      ...{ id, directoryId: principal.directoryId, displayName, externalId, role: null, marked: principal.test },
      ...{ createdAt: now, updatedAt: now },
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  const { added } = await setMembers({ tx, test: principal.test }, id, [], new Set(members))
  return { output: await present(context, row, selection), target: id, said: ['Created.', ...counted(added, [])] }
})

interface Next {
  displayName?: string
  externalId?: string | null
  members?: ReadonlySet<string>
}

const change = async (context: ScimContext, before: Row, { members, ...fields }: Next, selection: Selection) => {
  const { tx, now, principal } = context
  const { id } = before
  if (fields.displayName !== undefined) await nameTaken(context, fields.displayName, id)
  const row = await tx
    .updateTable('directoryGroup')
    .set({ ...fields, updatedAt: now })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow()
  const { added, removed } = members
    ? await setMembers({ tx, test: principal.test }, id, await membersOf(tx, id), members)
    : { added: [], removed: [] }
  const roles = await rolesOf(context, row, [...added, ...removed])
  const said = ['Changed.', ...counted(added, removed), ...roles]
  return { output: await present(context, row, selection), target: id, said }
}

/** Without `members` a resource says nothing of them, and nobody leaves by that. */
export const replaceGroup = handleWrite(scim.replaceGroup, 200, async ({ id, resource, ...selection }, context) => {
  const before = await find(context, id, true)
  const { displayName, externalId, members } = wholeOf(resource)
  return change(context, before, { displayName, externalId, ...(members && { members: new Set(members) }) }, selection)
})

export const changeGroup = handleWrite(scim.changeGroup, 200, async ({ id, changes, ...selection }, context) => {
  const before = await find(context, id, true)
  const operations = changes.Operations.map(({ path, ...rest }) => ({ ...rest, path: path ?? undefined }))
  const changed = changedGroup(await membersOf(context.tx, id), operations)
  const next = {
    ...('displayName' in changed && { displayName: displayNameOf(changed.displayName) }),
    ...('externalId' in changed && { externalId: textOf('externalId', changed.externalId) }),
    ...(changed.members && { members: changed.members }),
  }
  return change(context, before, next, selection)
})

export const removeGroup = handleWrite(scim.removeGroup, 204, async ({ id }, context) => {
  const { tx } = context
  const row = await find(context, id, true)
  const members = await membersOf(tx, id)
  await tx.deleteFrom('directoryGroup').where('id', '=', id).execute()
  return { output: { id }, target: id, said: ['Removed.', ...(await rolesOf(context, row, members))] }
})
