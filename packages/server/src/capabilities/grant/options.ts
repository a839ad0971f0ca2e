import { DatabaseId, grant, HostId } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { askerOf } from './people.ts'
import { activePolicies } from './requesting.ts'
import { covers, mayAsk } from '../../kernel/access/entitled.ts'

/** What the caller may ask by. */
const offeredTo = async (context: Pick<Context, 'tx' | 'principal'>) => {
  const caller = askerOf(context)
  const mine = (await activePolicies(context.tx)).filter((policy) => mayAsk(policy, caller))
  return 'personId' in caller ? mine : mine.map((policy) => ({ ...policy, apiKeysMayAsk: true }))
}

/** Hosts that may be asked for, a page of them, each with the policies by which. */
export const options = handle(grant.options, async ({ limit, after, hostId, name }, context) => {
  const { tx } = context
  const policies = await offeredTo(context)
  let query = tx
    .selectFrom('host')
    .select(['id', 'name', 'environment', 'labels', 'address', 'port'])
    .where('state', '=', 'enrolled')
  if (hostId !== undefined) query = query.where('id', '=', hostId)
  if (name !== undefined) query = query.where('name', '=', name)
  if (after !== undefined) query = query.where('name', '>', after)
  const page = await query
    .orderBy('name')
    .limit(limit + 1)
    .execute()
  const shown = page.slice(0, limit)
  return {
    rows: shown
      .map(({ id, labels, name: hostName, ...host }) => ({
        ...{ hostId: HostId.parse(id), hostName, environment: host.environment, address: host.address, port: host.port },
        policies: policies
          .filter((policy) => covers(policy, { kind: 'host', id, labels, environment: host.environment }))
          .slice(0, 20),
      }))
      .filter((row) => row.policies.length > 0),
    next: page.length > limit ? (shown.at(-1)?.name ?? null) : null,
  }
})

/** The same of databases. */
export const databaseOptions = handle(grant.databaseOptions, async ({ limit, after, databaseId, name }, context) => {
  const { tx } = context
  const policies = await offeredTo(context)
  let query = tx
    .selectFrom('managedDatabase')
    .select(['id', 'name', 'environment', 'labels', 'profiles'])
    .where('state', '=', 'active')
  if (databaseId !== undefined) query = query.where('id', '=', databaseId)
  if (name !== undefined) query = query.where('name', '=', name)
  if (after !== undefined) query = query.where('name', '>', after)
  const page = await query
    .orderBy('name')
    .limit(limit + 1)
    .execute()
  const shown = page.slice(0, limit)
  return {
    rows: shown
      .map(({ id, labels, name: databaseName, environment, profiles }) => ({
        ...{ databaseId: DatabaseId.parse(id), databaseName, environment, profiles: profiles.map((profile) => profile.name) },
        policies: policies.filter((policy) => covers(policy, { kind: 'database', id, labels, environment })).slice(0, 20),
      }))
      .filter((row) => row.policies.length > 0),
    next: page.length > limit ? (shown.at(-1)?.name ?? null) : null,
  }
})
