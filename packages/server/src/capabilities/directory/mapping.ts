import { createHash } from 'node:crypto'
import { directory, type DirectoryGroupId, type Role } from '@holdfast/contract'
import { handle, type Entered } from '../../kernel/handle.ts'
import { namesOf } from '../../kernel/people.ts'
import { lockDirectory } from './configuring.ts'
import { changesUnder, currentMapping, giveRoles, mostChanges, type Mapping, type RoleChange } from './roles.ts'
import { rankOf } from './rules.ts'
import './table.ts'

interface Asked {
  defaultRole: Role
  roles: readonly { groupId: DirectoryGroupId; role: Role }[]
}

const mappingOf = ({ defaultRole, roles }: Asked): Mapping => ({
  defaultRole,
  roles: new Map(roles.map(({ groupId, role }) => [groupId, role])),
})

/** Of the mapping and of everything it would do now: whoever applies it applies what was shown, or nothing. */
const hashOf = ({ defaultRole, roles }: Mapping, changes: readonly RoleChange[]): string =>
  createHash('sha256')
    .update(JSON.stringify([defaultRole, [...roles].toSorted(([a], [b]) => (a < b ? -1 : 1)), changes]))
    .digest('hex')

const groupsMissing = async ({ tx }: Pick<Entered, 'tx'>, { roles }: Mapping): Promise<boolean> => {
  if (roles.size === 0) return false
  const known = tx
    .selectFrom('directoryGroup')
    .select('id')
    .where('id', 'in', [...roles.keys()])
  return (await known.where('marked', '=', false).execute()).length < roles.size
}

const tooMany = `A mapping changes the role of at most ${mostChanges.toLocaleString('en')} people at once. Map fewer groups at a time.`

export const previewRoles = handle(directory.previewRoles, async (input, context) => {
  const { tx, fail } = context
  if (!(await tx.selectFrom('directory').select('id').executeTakeFirst()))
    throw fail('directory_not_found', 'Set the connection up first.')
  const mapping = mappingOf(input)
  if (await groupsMissing(context, mapping)) throw fail('group_not_found', 'One of the groups is not there any more.')
  const changes = await changesUnder(context, mapping)
  if (changes.length > mostChanges) throw fail('too_many_changes', tooMany)
  const shown = changes.slice(0, 100)
  const names = await namesOf(
    context,
    shown.map(({ personId }) => personId),
  )
  return {
    hash: hashOf(mapping, changes),
    total: changes.length,
    changes: shown.map((change) => ({ ...change, waitsFor: [...change.waitsFor], name: names.get(change.personId) ?? '' })),
  }
})

/** Nobody becomes Owner by it, and nobody Admin who is not cleared; the contract and the database say the first, `changesUnder` the second. */
export const applyRoles = handle(directory.applyRoles, async (input, context) => {
  const { tx, fail } = context
  const { id } = await lockDirectory(tx, fail)
  const mapping = mappingOf(input)
  if (await groupsMissing(context, mapping)) throw fail('group_not_found', 'One of the groups is not there any more.')
  const changes = await changesUnder(context, mapping)
  if (changes.length > mostChanges) throw fail('too_many_changes', tooMany)
  if (hashOf(mapping, changes) !== input.hash)
    throw fail('preview_outdated', 'Something has changed since the preview. Look at it again.')
  await tx.updateTable('directory').set({ defaultRole: mapping.defaultRole }).execute()
  const ids = [...mapping.roles.keys()]
  const others = tx.updateTable('directoryGroup').set({ role: null }).where('role', 'is not', null)
  await (ids.length > 0 ? others.where('id', 'not in', ids) : others).execute()
  for (const [role, ones] of Map.groupBy(mapping.roles, ([, given]) => given)) {
    const named = ones.map(([groupId]) => groupId)
    await tx.updateTable('directoryGroup').set({ role }).where('id', 'in', named).execute()
  }
  return { id, changed: await giveRoles(context, changes) }
})

/**
 * Takes access away and never gives any, so it needs no preview: where a group gives less than the usual role, its people would get more without it, and
 * somebody is to see that first.
 */
export const unmapGroup = handle(directory.unmapGroup, async ({ id }, context) => {
  const { tx, fail } = context
  await lockDirectory(tx, fail)
  const { defaultRole, roles } = await currentMapping(context)
  if (!roles.has(id)) throw fail('group_not_found', 'This group gives no role, or is not there any more.')
  const left = new Map([...roles].filter(([groupId]) => groupId !== id))
  const changes = await changesUnder(context, { defaultRole, roles: left })
  if (changes.length > mostChanges) throw fail('too_many_changes', tooMany)
  if (changes.some(({ from, to }) => rankOf(to) < rankOf(from)))
    throw fail(
      'role_would_rise',
      'Without this group somebody would get a stronger role. Change the mapping where it is previewed.',
    )
  await tx.updateTable('directoryGroup').set({ role: null }).where('id', '=', id).execute()
  return { id, changed: await giveRoles(context, changes) }
})
