import { databaseRoleEnd } from '@holdfast/contract'
import { z } from 'zod'
import { inDatabase, targetIn, type DatabaseRow } from '../../kernel/database/registered.ts'
import { createRole, endRole, extendRole, type RoleEnd } from '../../kernel/database/roles.ts'
import type { Target } from '../../kernel/database/connect.ts'
import { DatabaseTrouble } from '../../kernel/database/trouble.ts'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { changeAs, readIn, type Unit } from '../../kernel/unit.ts'
import { isOpen, rolesOfGrant, verifierPlace, type RoleRow } from './database-rows.ts'
import { lockGrant, type GrantRow } from './rows.ts'
import { stateAt } from './rules.ts'

const name = 'grant.database-roles'
/** For how long a job waits for a free place; people are told to try again instead. */
const patience = { waitMs: 30_000 }

type OpenRole = RoleRow & { verifier: string | null }
interface Work {
  row: GrantRow
  roles: OpenRole[]
  database: DatabaseRow
  target: Target
}

/** What there is to do for a grant; null when nothing is. Reads first: no lock is held while somebody else’s server is waited for. */
const workOf = async ({ tx, vault }: Unit, id: string): Promise<Work | null> => {
  const open = (await rolesOfGrant(tx, id)).filter(isOpen)
  const row = await tx.selectFrom('accessGrant').selectAll().where('id', '=', id).executeTakeFirst()
  if (open.length === 0 || !row?.databaseId) return null
  const database = await tx.selectFrom('managedDatabase').selectAll().where('id', '=', row.databaseId).executeTakeFirstOrThrow()
  const target = await targetIn(vault, database)
  if (!target) throw new Error(`${database.id} has open roles and no password`)
  const roles: OpenRole[] = []
  for (const role of open) {
    const verifier = role.verifierSealed && (await vault.openText('org', verifierPlace(role.id), role.verifierSealed))
    roles.push({ ...role, verifier })
  }
  return { row, roles, database, target }
}

const profileOf = ({ row, database }: Work) => database.profiles.find((each) => each.name === row.login)

const within = async <T>(work: Promise<T>): Promise<T | DatabaseTrouble> =>
  work.catch((error: unknown) => {
    if (error instanceof DatabaseTrouble) return error
    throw error
  })

/** As far as it got; what goes wrong stands in it. */
const end = async ({ services, orgId }: JobContext, role: RoleRow, work: Work): Promise<RoleEnd> => {
  const profile = profileOf(work)
  const leaveTo = profile?.owned === 'leave' ? profile.groupRole : null
  const { now } = services.clock
  const ended = await within(
    inDatabase(
      services,
      orgId,
      work.target,
      (client, elsewhere) => endRole(client, role.name, { leaveTo, now, within: elsewhere }),
      patience,
    ),
  )
  if (!(ended instanceof DatabaseTrouble)) return ended
  return { noLoginAt: null, deadAt: null, droppedAt: null, backendsEnded: 0, trouble: ended.message }
}

const earlier = (one: Date | null, other: Date | null): Date | null => one ?? other

/** Notes how far it got, in one entry; and nothing where it is as it was. While something is left to prove, somebody owes it. */
const noteEnd = async (
  { services, orgId }: JobContext,
  { row, database }: Work,
  role: RoleRow,
  ended: RoleEnd,
): Promise<void> => {
  const now = services.clock.now()
  await changeAs(services.ground, name, orgId, async (unit) => {
    const { tx } = unit
    await lockGrant(tx, row.id) // two nodes wait for each other here
    const roles = (await rolesOfGrant(tx, row.id)).filter(isOpen)
    const before = roles.find(({ id }) => id === role.id)
    if (!before) return null
    const { trouble, droppedAt } = ended
    const after = {
      ...{ trouble, droppedAt, triedAt: now, backendsEnded: before.backendsEnded + ended.backendsEnded, verifierSealed: null },
      noLoginAt: earlier(before.noLoginAt, ended.noLoginAt),
      deadAt: earlier(before.deadAt, ended.deadAt),
    }
    const same = before.trouble === trouble && droppedAt === null && (before.deadAt !== null || ended.deadAt === null)
    if (same) return null
    await tx.updateTable('databaseRole').set(after).where('id', '=', role.id).execute()
    const obligations = obligationsIn(unit, now)
    if (droppedAt === null) {
      const label = `Access to ${database.name} is not yet proved ended`
      await obligations.open(databaseRoleEnd, { role: 'admin', subject: row.id, label })
      return { value: null, action: 'grant.database_role_not_ended', targetId: row.id }
    }
    if (roles.length === 1) await obligations.meet(databaseRoleEnd, { subject: row.id })
    return { value: null, action: 'grant.database_role_ended', targetId: row.id }
  })
}

type Changes = Partial<Pick<RoleRow, 'madeAt' | 'validUntil' | 'verifierSealed' | 'trouble' | 'triedAt'>>
type RoleAction = 'grant.database_role_made' | 'grant.database_role_not_made' | 'grant.database_role_extended'

/** Notes what became of a role while its grant ran; nothing when it was ended meanwhile. */
const noteRole = ({ services, orgId }: JobContext, role: RoleRow, changes: Changes, action: RoleAction) =>
  changeAs(services.ground, name, orgId, async ({ tx }) => {
    const changed = await tx
      .updateTable('databaseRole')
      .set(changes)
      .where('id', '=', role.id)
      .where('droppedAt', 'is', null)
      .where('abandonedAt', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return changed ? { value: null, action, targetId: role.grantId } : null
  })

/** Asked when nobody else can make the role any more, nor end it: whether it should be. */
const isWanted = ({ services, orgId }: JobContext, role: RoleRow): Promise<boolean> =>
  readIn(services.ground, orgId, null, async ({ tx }) => {
    const row = await tx.selectFrom('accessGrant').selectAll().where('id', '=', role.grantId).executeTakeFirst()
    const still = (await rolesOfGrant(tx, role.grantId)).find(({ id }) => id === role.id)
    return row !== undefined && still !== undefined && isOpen(still) && stateAt(row, services.clock.now()) === 'approved'
  })

const make = async (context: JobContext, work: Work, role: OpenRole, verifier: string, endsAt: Date): Promise<void> => {
  const { services, orgId } = context
  const profile = profileOf(work)
  if (!profile) throw new Error(`${work.database.id} has no profile ${work.row.login}`)
  const making = { role: role.name, verifier, profile, validUntil: endsAt, wanted: () => isWanted(context, role) }
  const made = await within(inDatabase(services, orgId, work.target, (client) => createRole(client, making), patience))
  const now = services.clock.now()
  if (made instanceof DatabaseTrouble) {
    if (made.message !== role.trouble)
      await noteRole(context, role, { trouble: made.message, triedAt: now }, 'grant.database_role_not_made')
  } else if (made) {
    const done = { madeAt: now, validUntil: endsAt, verifierSealed: null, trouble: null, triedAt: now }
    await noteRole(context, role, done, 'grant.database_role_made')
  }
}

/** A role lasts as long as its grant, whose end may have been moved. */
const prolong = async (context: JobContext, { target }: Work, role: RoleRow, endsAt: Date): Promise<void> => {
  const { services, orgId } = context
  const prolonged = await within(inDatabase(services, orgId, target, (client) => extendRole(client, role.name, endsAt), patience))
  if (prolonged instanceof DatabaseTrouble) return context.log('a role was not extended', { why: prolonged.message })
  await noteRole(context, role, { validUntil: endsAt }, 'grant.database_role_extended')
}

/** Brings the roles of a grant to where it is: made, as long as it, and no longer. Twice does nothing; two nodes at once do it once. */
export const settleGrant = async (context: JobContext, id: string): Promise<void> => {
  const { services, orgId } = context
  const work = await readIn(services.ground, orgId, null, (unit) => workOf(unit, id))
  if (!work) return
  const { row, roles } = work
  const runs = stateAt(row, services.clock.now()) === 'approved'
  for (const role of roles) {
    if (!runs || row.endsAt === null) await noteEnd(context, work, role, await end(context, role, work))
    else if (role.madeAt === null && role.verifier !== null) await make(context, work, role, role.verifier, row.endsAt)
    else if (role.validUntil < row.endsAt) await prolong(context, work, role, row.endsAt)
  }
}

export const settleRoles = job(name, z.object({ id: z.string() }), ({ id }, context) => settleGrant(context, id))

const roundMs = 50_000

/** What the queue has missed, and what did not succeed: each minute, in any order, so that none that never succeeds keeps others waiting for ever. */
export const settleRolesMissed = schedule('grant.database-roles-missed', '* * * * *', async (context) => {
  const { services, orgId } = context
  const now = services.clock.now()
  const rows = await readIn(services.ground, orgId, null, ({ tx }) =>
    tx
      .selectFrom('databaseRole as r')
      .innerJoin('accessGrant as g', 'g.id', 'r.grantId')
      .select('g.id')
      .distinct()
      .where('r.droppedAt', 'is', null)
      .where('r.abandonedAt', 'is', null)
      .where(({ or, eb, ref }) =>
        or([
          eb('g.state', '=', 'ended'),
          eb('g.endsAt', '<=', now),
          eb('r.madeAt', 'is', null),
          eb('r.validUntil', '<', ref('g.endsAt')),
        ]),
      )
      .limit(500)
      .execute(),
  )
  const until = Date.now() + roundMs
  const shuffled = rows.map(({ id }) => ({ id, turn: Math.random() })).toSorted((one, other) => one.turn - other.turn)
  for (const { id } of shuffled) if (Date.now() < until) await settleGrant(context, id)
})
