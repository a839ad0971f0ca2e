import { database, DatabaseId } from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import type { Target } from '../../kernel/database/connect.ts'
import { inDatabase, passwordPlace, targetIn } from '../../kernel/database/registered.ts'
import { checkDatabase, type Profile } from '../../kernel/database/roles.ts'
import { DatabaseTrouble } from '../../kernel/database/trouble.ts'
import { handle, handleOutside, type OutsideContext } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { showDatabase } from './rows.ts'

/** What is wrong with it now, in words; null: nothing. */
const troubleWith = async (
  { services, orgId }: Pick<OutsideContext, 'services' | 'orgId'>,
  target: Target,
  profiles: readonly Profile[],
): Promise<string | null> => {
  try {
    await inDatabase(services, orgId, target, (client) => checkDatabase(client, profiles))
    return null
  } catch (error) {
    if (error instanceof DatabaseTrouble) return error.message
    throw error
  }
}

const nameIsTaken = async (tx: OrgTx, name: string): Promise<boolean> =>
  (await tx
    .selectFrom('managedDatabase')
    .select('id')
    .where('name', '=', name)
    .where('state', '=', 'active')
    .executeTakeFirst()) !== undefined

export const register = handleOutside(
  database.register,
  async ({ name, authority: ca, ...input }, context) => {
    const { address, port, administrator, password, profiles } = input
    if (await context.read(({ tx }) => nameIsTaken(tx, name))) throw context.fail('name_taken')
    return troubleWith(context, { address, port, database: input.database, administrator, password, ca }, profiles)
  },
  async ({ password, authority: ca, ...input }, { tx, vault, now, fail }, trouble) => {
    if (trouble !== null) throw fail('database_trouble', trouble)
    if (await nameIsTaken(tx, input.name)) throw fail('name_taken')
    const id = newIdOf(DatabaseId, 'db')
    const passwordSealed = await vault.seal('org', passwordPlace(id), password)
    await tx
      .insertInto('managedDatabase')
      .values({
        ...{ ...input, id, ca, passwordSealed, profiles: JSON.stringify(input.profiles) },
        ...{ createdAt: now, retiredAt: null, checkedAt: now, trouble: null },
      })
      .execute()
    return showDatabase(tx, id)
  },
)

const lockDatabase = (tx: OrgTx, id: string) =>
  tx.selectFrom('managedDatabase').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
const databaseIn = (tx: OrgTx, id: string) => tx.selectFrom('managedDatabase').selectAll().where('id', '=', id).executeTakeFirst()

export const test = handleOutside(
  database.test,
  async ({ id }, context) => {
    const { read, fail } = context
    const row = await read(({ tx }) => databaseIn(tx, id))
    if (!row) throw fail('database_not_found')
    const target = row.state === 'retired' ? null : await read(({ vault }) => targetIn(vault, row))
    if (!target) throw fail('database_retired')
    return troubleWith(context, target, row.profiles)
  },
  async ({ id }, { tx, now, fail }, trouble) => {
    const row = await lockDatabase(tx, id)
    if (row?.state !== 'active') throw fail('database_retired')
    await tx.updateTable('managedDatabase').set({ trouble, checkedAt: now }).where('id', '=', id).execute()
    return showDatabase(tx, id)
  },
)

/** Also of one that is retired: its roles may still have to be ended. Not once its password is erased. */
export const setAdministrator = handleOutside(
  database.setAdministrator,
  async ({ id, administrator, password, authority: ca }, context) => {
    const row = await context.read(({ tx }) => databaseIn(tx, id))
    if (!row) throw context.fail('database_not_found')
    const { address, port, profiles } = row
    return troubleWith(context, { address, port, database: row.database, administrator, password, ca }, profiles)
  },
  async ({ id, administrator, password, authority: ca }, { tx, vault, now, fail }, trouble) => {
    if (trouble !== null) throw fail('database_trouble', trouble)
    const row = await lockDatabase(tx, id)
    if (!row) throw fail('database_not_found')
    if (row.passwordSealed === null) throw fail('database_retired')
    const passwordSealed = await vault.seal('org', passwordPlace(id), password)
    const changed = { administrator, ca, passwordSealed, trouble: null, checkedAt: now }
    await tx.updateTable('managedDatabase').set(changed).where('id', '=', id).execute()
    return showDatabase(tx, id)
  },
)

/** Its grants end with this commit, their roles right after; its administrator's password is kept until the last is proved gone. */
export const retire = handle(database.retire, async ({ id, reason }, context) => {
  const { tx, now, person, fail, because } = context
  const row = await lockDatabase(tx, id)
  if (!row) throw fail('database_not_found')
  if (row.state === 'retired') throw fail('database_retired')
  await tx.updateTable('managedDatabase').set({ state: 'retired', retiredAt: now }).where('id', '=', id).execute()
  await endGrants(context, { databaseId: id }, { reason: 'database_retired', by: person(), now, why: reason })
  because(reason)
  return showDatabase(tx, id)
})
