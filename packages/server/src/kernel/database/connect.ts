import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity } from 'node:tls'
import type { OrgId } from '@holdfast/contract'
import pg from 'pg'
import { AddressNotAllowed, isInside } from '../outbound.ts'
import { DatabaseTrouble, troubleOf } from './trouble.ts'

/** Which databases may be reached at all. */
export interface DatabaseReach {
  /** Whether they may be in our own network. */
  inside: boolean
  /** The platform's own database, which is never one of them. */
  own: { host: string; port: number } | null
}

export interface Target {
  address: string
  port: number
  database: string
  administrator: string
  password: string
  ca: string | null
}

/** Works in another database of the same server. */
export type Within = (database: string, work: (client: pg.Client) => Promise<void>) => Promise<void>

const limits = { connectMs: 4_000, statementMs: 5_000, lockMs: 2_000, idleMs: 10_000, wholeMs: 20_000, perOrganisation: 4 }

/** Where a name leads, without the places that it must not lead to. */
const addressesOf = async (name: string): Promise<string[]> =>
  isIP(name) !== 0 ? [name] : (await lookup(name, { all: true })).map(({ address }) => address)

/** The address to connect to: what is checked is what is connected to, so that a name cannot change in between. */
const placeOf = async ({ address, port }: Target, { inside, own }: DatabaseReach): Promise<string> => {
  const ours = own && own.port === port ? await addressesOf(own.host) : []
  const allowed = (await addressesOf(address)).find((place) => (inside || !isInside(place)) && !ours.includes(place))
  if (allowed === undefined) throw new AddressNotAllowed(address)
  return allowed
}

const open = async (target: Target, reach: DatabaseReach): Promise<pg.Client> => {
  const { address, port, database, administrator: user, password, ca } = target
  const client = new pg.Client({
    ...{ host: await placeOf(target, reach), port, database, user, password },
    ssl: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(ca !== null && { ca }),
      ...(isIP(address) === 0 && { servername: address }),
      checkServerIdentity: (_, certificate) => checkServerIdentity(address, certificate),
    },
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.statementMs + 1_000,
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    // The server itself undoes what was begun by a node that is no more.
    idle_in_transaction_session_timeout: limits.idleMs,
    application_name: 'holdfast',
    // Names mean what PostgreSQL ships: whoever may create in a schema there could else have the administrator run a function of theirs.
    options: '-c search_path=pg_catalog',
  })
  client.on('error', () => undefined) // a lost connection fails the statement that runs; without a listener it would end the process
  try {
    await client.connect()
  } catch (error) {
    void client.end().catch(() => undefined)
    throw error
  }
  return client
}

const connected = async <T>(target: Target, reach: DatabaseReach, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = await open(target, reach)
  try {
    return await work(client)
  } finally {
    void client.end().catch(() => undefined)
  }
}

const busy = new Map<OrgId, number>()

/** One of the organisation's places; waited for no longer than `waitMs`. Returns how to give it back. */
const place = async (orgId: OrgId, waitMs: number): Promise<() => void> => {
  const running = (): number => busy.get(orgId) ?? 0
  for (const until = Date.now() + waitMs; running() >= limits.perOrganisation; await sleep(50))
    if (Date.now() >= until) throw new DatabaseTrouble('Too much is being done in databases just now. Try again in a moment.')
  busy.set(orgId, running() + 1)
  return () => {
    const left = running() - 1
    if (left <= 0) busy.delete(orgId)
    else busy.set(orgId, left)
  }
}

/**
 * Works in a database as its administrator, over TLS with its name checked. Throws {@link DatabaseTrouble} for whatever goes wrong. The whole is
 * bounded in time, and an organisation has four at once: a database that never answers must not hold up others. Never call it inside a
 * transaction of ours. `waitMs`: for how long a free place is waited for.
 */
export const withDatabase = async <T>(
  orgId: OrgId,
  target: Target,
  reach: DatabaseReach,
  work: (client: pg.Client, within: Within) => Promise<T>,
  { waitMs = 0 }: { waitMs?: number } = {},
): Promise<T> => {
  const giveBack = await place(orgId, waitMs)
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new DatabaseTrouble('It took too long.')), limits.wholeMs)
  })
  const within: Within = (database, there) => connected({ ...target, database }, reach, there)
  try {
    return await Promise.race([connected(target, reach, (client) => work(client, within)), tooLate])
  } catch (error) {
    throw troubleOf(error, { authority: target.ca !== null })
  } finally {
    clearTimeout(late)
    giveBack()
  }
}
