import { inDatabase, databaseIdOf, targetIn, type DatabaseRow } from '../../kernel/database/registered.ts'
import { endRole, rolesIn, type RoleEnd } from '../../kernel/database/roles.ts'
import type { Target } from '../../kernel/database/connect.ts'
import { DatabaseTrouble } from '../../kernel/database/trouble.ts'
import { schedule, type JobContext } from '../../kernel/job.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'

const name = 'database.reconcile'

/** Those of them that no grant answers for: every role is written down before it is made, so nobody of ours is about to. */
const unknown = ({ services, orgId }: JobContext, row: DatabaseRow, found: readonly string[]) =>
  readIn(services.ground, orgId, null, async ({ tx }) => {
    const rows = await tx
      .selectFrom('databaseRole')
      .select('name')
      .where('databaseId', '=', row.id)
      .where('name', 'in', found)
      .where('droppedAt', 'is', null)
      .where('abandonedAt', 'is', null)
      .execute()
    const known = new Set(rows.map((role) => role.name))
    return found.filter((role) => !known.has(role))
  })

/** One that was given up, and is reached after all, has its proof now. */
const noteOrphan = ({ services, orgId }: JobContext, row: DatabaseRow, role: string, ended: RoleEnd) =>
  changeAs(services.ground, name, orgId, async ({ tx }) => {
    const { noLoginAt, deadAt, droppedAt, backendsEnded } = ended
    await tx
      .updateTable('databaseRole')
      .set({ noLoginAt, deadAt, droppedAt, backendsEnded, trouble: null })
      .where('databaseId', '=', row.id)
      .where('name', '=', role)
      .where('droppedAt', 'is', null)
      .execute()
    return { value: null, action: 'database.orphan_ended', targetId: row.id, reason: role }
  })

/** Ends the roles of one database that nobody answers for. */
const reconcile = async (context: JobContext, row: DatabaseRow, target: Target): Promise<void> => {
  const { services, orgId } = context
  const found = await inDatabase(services, orgId, target, (client) => rolesIn(client, databaseIdOf(row)))
  if (found.length === 0) return
  for (const role of await unknown(context, row, found)) {
    const ended = await inDatabase(services, orgId, target, (client, within) =>
      endRole(client, role, { leaveTo: null, now: services.clock.now, within }),
    )
    if (ended.droppedAt !== null)
      await noteOrphan(context, row, role, ended) // otherwise the next round tries again
    else throw new DatabaseTrouble(`A role that no grant knows (${role}) would not end. ${ended.trouble ?? ''}`)
  }
}

const note = ({ services, orgId }: JobContext, { id }: DatabaseRow, trouble: string | null) =>
  changeAs(services.ground, name, orgId, async ({ tx }) => {
    const now = services.clock.now()
    await tx.updateTable('managedDatabase').set({ trouble, checkedAt: now }).where('id', '=', id).execute()
    return { value: null, action: 'database.trouble_noted' as const, targetId: id }
  })

/** The administrator's password of a retired database is kept for as long as a role of ours may have to be ended in it. */
const forget = ({ services, orgId }: JobContext, { id }: DatabaseRow) =>
  changeAs(services.ground, name, orgId, async ({ tx }) => {
    const open = await tx
      .selectFrom('databaseRole')
      .select('id')
      .where('databaseId', '=', id)
      .where('droppedAt', 'is', null)
      .where('abandonedAt', 'is', null)
      .limit(1)
      .executeTakeFirst()
    if (open) return null
    await tx.updateTable('managedDatabase').set({ passwordSealed: null }).where('id', '=', id).execute()
    return { value: null, action: 'database.password_forgotten' as const, targetId: id }
  })

/** What goes wrong stands at the database. */
export const reconcileAll = schedule(name, '*/5 * * * *', async (context) => {
  const { services, orgId } = context
  const rows = await readIn(services.ground, orgId, null, async ({ tx, vault }) => {
    const found = await tx
      .selectFrom('managedDatabase')
      .selectAll()
      .where('passwordSealed', 'is not', null)
      .orderBy('id')
      .limit(200)
      .execute()
    return Promise.all(found.map(async (row) => ({ row, target: await targetIn(vault, row) })))
  })
  for (const { row, target } of rows) {
    if (!target) continue
    const trouble = await reconcile(context, row, target).then(
      () => null,
      (error: unknown) => {
        if (error instanceof DatabaseTrouble) return error.message
        throw error
      },
    )
    if (trouble !== row.trouble) await note(context, row, trouble)
    if (row.state === 'retired') await forget(context, row)
  }
})
