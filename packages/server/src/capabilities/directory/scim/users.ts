import { DirectoryUserId, PersonId } from '@holdfast/contract'
import { sql } from 'kysely'
import { newIdOf } from '../../../kernel/identifier.ts'
import { blindIndexes } from '../../../kernel/identity/email-index.ts'
import type { OrgTx } from '../../../kernel/tenancy/org-tx.ts'
import { bringIn, putOut, rename, type DirectoryUser } from '../people.ts'
import { addressOf, documentOf, isActive, keepActive, read, textAt, written, type Document } from './document.ts'
import { externalIdIndex, searchableUsers, userNameIndex } from './filter-sql.ts'
import { handleRead, handleWrite, pageOf, whereOf, type ScimContext } from './handling.ts'
import { scim } from './operations.ts'
import { patched } from './patch.ts'
import { select, userResource, wants, type Resource, type Selection } from './present.ts'

const columns = [
  ...(['id', 'active', 'marked', 'personId', 'invitationId', 'emailIndex', 'resourceSealed', 'createdAt', 'updatedAt'] as const),
] as const

interface Row {
  id: string
  active: boolean
  marked: boolean
  personId: string | null
  invitationId: string | null
  emailIndex: Buffer | null
  resourceSealed: Buffer
  createdAt: Date
  updatedAt: Date
}

const place = (row: string) => ({ table: 'directory_user', column: 'resource_sealed', row })
const documentIn = async ({ vault }: Pick<ScimContext, 'vault'>, { id, resourceSealed }: Row): Promise<Document> =>
  read(await vault.openText('org', place(id), resourceSealed))

type Groups = Map<string, { id: string; displayName: string }[]>

/** Of many users in one statement. */
const groupsOf = async (tx: OrgTx, ids: readonly string[]): Promise<Groups> => {
  if (ids.length === 0) return new Map()
  const rows = await tx
    .selectFrom('directoryGroupMember')
    .innerJoin('directoryGroup', 'directoryGroup.id', 'directoryGroupMember.groupId')
    .select(['directoryGroupMember.userId', 'directoryGroup.id', 'directoryGroup.displayName'])
    .where('directoryGroupMember.userId', 'in', [...ids])
    .orderBy('directoryGroup.id')
    .limit(10_000)
    .execute()
  return Map.groupBy(rows, ({ userId }) => userId)
}

/** `fresh`: made by this request, so in no group. */
const presentAll = async (
  context: ScimContext,
  rows: readonly Row[],
  selection: Selection,
  fresh = false,
): Promise<Resource[]> => {
  const ids = fresh ? [] : rows.map(({ id }) => id)
  const groups = wants(selection, 'groups') ? await groupsOf(context.tx, ids) : null
  return Promise.all(
    rows.map(async (row) => {
      const document = await documentIn(context, row)
      return select(userResource(row, document, groups && (groups.get(row.id) ?? []), context.base), selection)
    }),
  )
}

const present = async (context: ScimContext, row: Row, selection: Selection, fresh = false): Promise<Resource> =>
  (await presentAll(context, [row], selection, fresh))[0] ?? {}

/** One user of the caller's kind: a self-test sees its own, everybody else the others. `lock`: until commit. */
const find = async ({ tx, principal, fail }: ScimContext, id: string, lock: boolean): Promise<Row> => {
  const query = tx.selectFrom('directoryUser').select(columns).where('id', '=', id).where('marked', '=', principal.test)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!row) throw fail('resource_not_found', 'There is no such user.')
  return row
}

export const listUsers = handleRead(scim.listUsers, async ({ filter, startIndex, count, ...selection }, context) => {
  const { tx, orgId, services, principal } = context
  const indexes = await blindIndexes(services.secrets)
  const condition = whereOf(filter, () => searchableUsers(indexes, orgId))
  const { start, offset, limit } = pageOf({ startIndex, count })
  const found = () => {
    const all = tx.selectFrom('directoryUser').where('directoryUser.marked', '=', principal.test)
    return condition ? all.where(condition) : all
  }
  const [total, rows] = await Promise.all([
    found()
      .select(({ fn }) => fn.countAll<string>().as('total'))
      .executeTakeFirstOrThrow(),
    limit === 0 ? [] : found().select(columns).orderBy('directoryUser.id').offset(offset).limit(limit).execute(),
  ])
  return { rows: await presentAll(context, rows, selection), total: Number(total.total), startIndex: start }
})

export const readUser = handleRead(scim.readUser, async ({ id, ...selection }, context) =>
  present(context, await find(context, id, false), selection),
)

/** What a row holds of a document. */
const valuesOf = async (context: ScimContext, id: string, document: Document) => {
  const { orgId, services, vault, fail } = context
  const userName = textAt(document, 'userName')?.trim() ?? ''
  if (userName === '') throw fail('invalid_value', 'userName is needed.')
  if (userName.length > 256) throw fail('invalid_value', 'userName has at most 256 characters.')
  const indexes = await blindIndexes(services.secrets)
  const externalId = textAt(document, 'externalId')
  const address = addressOf(document)
  return {
    userNameIndex: userNameIndex(indexes, orgId, userName),
    externalIdIndex: externalId === null ? null : externalIdIndex(indexes, orgId, externalId),
    emailIndex: address === null ? null : indexes.email(address),
    active: isActive(document),
    resourceSealed: await vault.seal('org', place(id), written(document)),
  }
}

const userOf = (row: Row, document: Document, fresh = false): DirectoryUser => ({
  ...row,
  fresh,
  personId: row.personId === null ? null : PersonId.parse(row.personId),
  document,
})

export const createUser = handleWrite(scim.createUser, 201, async ({ resource, ...selection }, context) => {
  const { tx, now, principal, fail } = context
  const document = documentOf(resource)
  const id = newIdOf(DirectoryUserId, 'du')
  const values = await valuesOf(context, id, document)
  const common = { id, directoryId: principal.directoryId, personId: null, invitationId: null, marked: principal.test }
  const row = await tx
    .insertInto('directoryUser')
    .values({ ...common, ...values, createdAt: now, updatedAt: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning(columns)
    .executeTakeFirst()
  if (!row) throw fail('user_exists', 'A user with this userName is here already.')
  const said = row.active ? await bringIn(context, userOf(row, document, true)) : ['Not active: nothing else was done.']
  return { output: await present(context, row, selection, true), target: id, said: ['Created.', ...said] }
})

/** Writes what a user is now, and does what follows from it. */
const change = async (context: ScimContext, before: Row, document: Document, selection: Selection) => {
  const { tx, now, fail } = context
  keepActive(document, before)
  const was = await documentIn(context, before)
  const values = await valuesOf(context, before.id, document)
  const taken = tx.selectFrom('directoryUser').select('id').where('userNameIndex', '=', values.userNameIndex)
  if (await taken.where('id', '!=', before.id).executeTakeFirst())
    throw fail('user_exists', 'Another user has this userName already.')
  const row = await tx
    .updateTable('directoryUser')
    .set({ ...values, updatedAt: now })
    .where('id', '=', before.id)
    .returning(columns)
    .executeTakeFirstOrThrow()
  const user = userOf(row, document)
  const said = row.active ? await bringIn(context, user) : before.active ? await putOut(context, user) : []
  if (row.active && written(was) !== written(document)) await rename(context, user)
  const what = row.active === before.active ? 'Changed.' : row.active ? 'Activated.' : 'Deactivated.'
  return { output: await present(context, row, selection), target: row.id, said: [what, ...said] }
}

export const replaceUser = handleWrite(scim.replaceUser, 200, async ({ id, resource, ...selection }, context) => {
  return change(context, await find(context, id, true), documentOf(resource), selection)
})

export const changeUser = handleWrite(scim.changeUser, 200, async ({ id, changes, ...selection }, context) => {
  const before = await find(context, id, true)
  const operations = changes.Operations.map(({ path, ...rest }) => ({ ...rest, path: path ?? undefined }))
  return change(context, before, patched(await documentIn(context, before), operations), selection)
})

/** Nothing of them stays but what the ledger says happened. */
export const removeUser = handleWrite(scim.removeUser, 204, async ({ id }, context) => {
  const row = await find(context, id, true)
  const said = await putOut(context, userOf(row, new Map()))
  await context.tx.deleteFrom('directoryUser').where('id', '=', id).execute()
  return { output: { id }, target: id, said: ['Removed.', ...said] }
})

/** How many users there are by what has become of them. */
export const countUsers = async (tx: OrgTx) => {
  const row = await tx
    .selectFrom('directoryUser')
    .select(({ fn }) => fn.countAll<string>().as('all'))
    .select(sql<string>`count(*) filter (where not active)`.as('inactive'))
    .select(sql<string>`count(*) filter (where active and person_id is null)`.as('waiting'))
    .where('marked', '=', false)
    .executeTakeFirstOrThrow()
  return { all: Number(row.all), inactive: Number(row.inactive), waiting: Number(row.waiting) }
}
