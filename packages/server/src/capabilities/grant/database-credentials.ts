import { databaseRoleEnd, DatabaseRoleId, grant, GrantId } from '@holdfast/contract'
import { decisionPlace } from '../../kernel/access/ending.ts'
import { databaseIdOf, type DatabaseRow } from '../../kernel/database/registered.ts'
import { roleNameOf } from '../../kernel/database/roles.ts'
import { newRolePassword, scramVerifier } from '../../kernel/database/scram.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { proofOf } from '../../kernel/identity/fresh-code.ts'
import { checkPeople, lockRunning } from './issuing.ts'
import { askerOf, callerOf, confirmPresence, isOwn } from './people.ts'
import { policyById } from './requesting.ts'
import { isOpen, rolesOfGrant, rolesPerGrant, verifierPlace } from './database-rows.ts'
import { lockGrant, showGrant } from './rows.ts'
import { databaseFor } from './targets.ts'

const connectionString = ({ address, port, database, ca }: DatabaseRow, user: string): string => {
  const host = address.includes(':') ? `[${address}]` : address
  const query = ca === null ? 'sslmode=verify-full&sslrootcert=system' : 'sslmode=verify-full'
  return `postgresql://${user}@${host}:${port}/${encodeURIComponent(database)}?${query}`
}

/**
 * Where a right becomes a role: all of it is checked again under the lock of the grant. Here the role is only written down, with the entry; a job
 * makes it right after (`database-roles.ts`), so that nothing waits here for somebody else's server, and no role is there that nobody knows of.
 */
export const databaseCredentials = handle(grant.databaseCredentials, async (input, context) => {
  const { id } = input
  const { tx, vault, now, fail } = context
  const row = await lockRunning(
    context,
    id,
    (locked) => {
      if (!isOwn(askerOf(context), locked)) throw fail('not_yours')
      if (locked.databaseId === null) throw fail('not_a_database', 'It is access to a server.')
    },
    fail,
  )
  const policy = await policyById(tx, row.policyId)
  if (policy.state !== 'active') throw fail('policy_changed')
  await checkPeople(context, row, policy, fail)
  const database = await databaseFor(tx, row.databaseId ?? '', () => fail('database_retired'))
  if ((await rolesOfGrant(tx, id)).length >= rolesPerGrant)
    throw fail('too_many_roles', `A grant makes at most ${rolesPerGrant} roles. Ask for another.`)
  const { confirmedAt, confirmedBy } = await confirmPresence(
    context,
    proofOf(grant.databaseCredentials, input),
    { apiKeysMayAsk: policy.apiKeysMayAsk, earlier: row },
    fail,
  )

  const roleId = newIdOf(DatabaseRoleId, 'dr')
  const name = roleNameOf(databaseIdOf(database), roleId)
  const password = newRolePassword()
  const verifierSealed = await vault.seal('org', verifierPlace(roleId), await scramVerifier(password))
  const values = {
    id: roleId,
    grantId: id,
    databaseId: database.id,
    name,
    createdAt: now,
    validUntil: row.endsAt,
    verifierSealed,
  }
  const notMade = { madeAt: null, noLoginAt: null, deadAt: null, droppedAt: null, triedAt: null, trouble: null }
  await tx
    .insertInto('databaseRole')
    .values({ ...values, ...notMade, abandonedAt: null, abandonedBy: null })
    .execute()
  await tx.updateTable('accessGrant').set({ confirmedAt, confirmedBy }).where('id', '=', id).execute()
  await enqueue(tx, 'grant.database-roles', { id })
  await enqueue(tx, 'grant.database-roles', { id }, { runAt: row.endsAt, key: `grant-roles:${id}` })
  return {
    ...{ id: GrantId.parse(id), roleId, user: name, password, ca: database.ca, endsAt: row.endsAt.toISOString() },
    ...{ host: database.address, port: database.port, database: database.database },
    connectionString: connectionString(database, name),
  }
})

/** What cannot be proved is not said to be: the roles stay without proof, with whose word it was, and the deadline counts as not met. */
export const abandon = handle(grant.abandonDatabaseRoles, async ({ id, reason }, context) => {
  const { tx, vault, now, person, fail, because, obligations } = context
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  const open = row.state === 'ended' ? (await rolesOfGrant(tx, id)).filter(isOpen) : []
  if (open.length === 0) throw fail('nothing_open', 'Nothing of it is left to be proved.')
  await tx
    .updateTable('databaseRole')
    .set({ abandonedAt: now, abandonedBy: person(), verifierSealed: null })
    .where(
      'id',
      'in',
      open.map((role) => role.id),
    )
    .execute()
  const decisionSealed = await vault.seal('org', decisionPlace(id), reason)
  await tx.updateTable('accessGrant').set({ decisionSealed }).where('id', '=', id).execute()
  await obligations.withdraw(databaseRoleEnd, { subject: id }, 'given up without proof')
  because(reason)
  return showGrant(context, id, callerOf(context), now)
})
