import { setTimeout as sleep } from 'node:timers/promises'
import { accessPolicy, database, grant, type GrantId, type OutputOf, type Role } from '@holdfast/contract'
import type { ExampleDatabase } from './example-database.ts'
import type { Authenticator, Visitor } from './demo-visitor.ts'

type Detail = OutputOf<typeof grant.read>

/** Looks until jobs have brought it about; at most half a minute. */
const until = async ({ call }: Visitor, id: GrantId, is: (detail: Detail) => boolean): Promise<void> => {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (is(await call(grant.read, { id }))) return
    await sleep(200)
  }
  throw new Error('the example database did not answer')
}
const isMade = ({ databaseRoles }: Detail): boolean => databaseRoles.every(({ madeAt }) => madeAt !== null)
const isGone = ({ databaseRoles }: Detail): boolean => databaseRoles.every(({ droppedAt }) => droppedAt !== null)

/** A registered database, and access to it: one used, revoked and proved ended, one that runs. */
export const fillDatabase = async (
  example: ExampleDatabase,
  { owner, admin, reviewer, member }: Record<Role, Visitor>,
  codes: Partial<Record<Role, Authenticator>>,
): Promise<void> => {
  const codeOf = (role: Role): Promise<string> => codes[role]?.code() ?? Promise.reject(new Error(`${role} has no authenticator`))
  const { host: address, port, authority } = example
  const { id: databaseId } = await owner.call(database.register, {
    ...{ name: 'shop', environment: 'production', labels: ['team=shop'], address, port, database: example.database, authority },
    ...(await example.fill()),
    profiles: [
      { name: 'readonly', groupRole: 'shop_readers' },
      { name: 'readwrite', groupRole: 'shop_writers' },
    ],
  })
  await owner.call(accessPolicy.create, {
    ...{ name: 'Shop database', kind: 'database', selects: { databaseIds: [databaseId] }, logins: ['readonly', 'readwrite'] },
    ...{ requesters: { roles: ['member', 'reviewer'] }, approvers: { roles: ['owner', 'admin'] }, maxSeconds: 8 * 3600 },
  })

  const first = await member.call(grant.request, {
    ...{ databaseId, login: 'readwrite', seconds: 3600, code: await codeOf('member') },
    reason: 'Set the orders free that have been stuck since Friday.',
  })
  await admin.call(grant.approve, { id: first.id, requestHash: first.requestHash, code: await codeOf('admin') })
  const given = await member.call(grant.databaseCredentials, { id: first.id })
  await until(member, first.id, isMade)
  const inside = await example.connect(given.user, given.password)
  await inside.query(`update purchase set state = 'sent' where state = 'stuck'`)
  await admin.call(grant.revoke, { id: first.id, reason: 'The orders are on their way; thank you.' })
  await until(admin, first.id, isGone)

  const second = await reviewer.call(grant.request, {
    ...{ databaseId, login: 'readonly', seconds: 8 * 3600, code: await codeOf('reviewer') },
    reason: 'Count what the outage of last week has cost.',
  })
  await owner.call(grant.approve, { id: second.id, requestHash: second.requestHash, code: await codeOf('owner') })
  await reviewer.call(grant.databaseCredentials, { id: second.id })
  await until(reviewer, second.id, isMade)
}
