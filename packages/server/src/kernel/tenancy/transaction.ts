import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { OrgId, PersonId } from '@holdfast/contract'

export interface Rows {
  rows: Record<string, unknown>[]
  rowCount: number | null
}

export interface Transaction {
  readonly orgId: OrgId
  readonly begun: boolean
  query: (text: string, values: readonly unknown[]) => Promise<Rows>
  /** Sends `last` and COMMIT together; resolves when both are answered. */
  commit: (last?: { text: string; values: readonly unknown[] }) => Promise<Rows | null>
  rollback: () => Promise<void>
}

const names = new Map<string, string>()
/** Statements are prepared once per connection under a name derived from their text. */
const statementName = (text: string): string => {
  let name = names.get(text)
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 20)
    if (names.size < 5000) names.set(text, name)
  }
  return name
}

const named = (client: pg.PoolClient, text: string, values: readonly unknown[]): Promise<Rows> =>
  client.query({ name: statementName(text), text, values: values as unknown[] })

const ignore = (): void => {}

interface Opening {
  orgId: OrgId
  personId: PersonId | null
  /** False opens a read-only transaction. */
  writes: boolean
}

/**
 * A transaction inside one organisation. It begins with its first statement: BEGIN, `enter` and that statement travel
 * together (pipelined), so that isolation costs no round trip of its own. Nothing is sent when nothing is asked.
 */
export const openTransaction = (pool: pg.Pool, { orgId, personId, writes }: Opening): Transaction => {
  let client: pg.PoolClient | null = null
  let opening: Promise<pg.PoolClient> | null = null
  let begin: Promise<unknown> = Promise.resolve()

  const open = async (): Promise<pg.PoolClient> => {
    client = await pool.connect()
    begin = Promise.all([
      client.query(writes ? 'begin' : 'begin read only'),
      named(client, 'select enter($1, $2, $3)', [orgId, personId, writes]),
    ])
    begin.catch(ignore) // reported by the statement that travels with it
    return client
  }
  const query: Transaction['query'] = async (text, values) => {
    const connection = await (opening ??= open())
    try {
      return await named(connection, text, values)
    } catch (error) {
      await begin // the first failure is the cause; ours may only say that the transaction is aborted
      throw error
    }
  }
  const release = (error?: unknown): void => {
    client?.release(error instanceof Error ? error : undefined)
    client = null
    opening = null
  }

  return {
    orgId,
    get begun() {
      return opening !== null
    },
    query,
    commit: async (last) => {
      if (!opening && !last) return null
      const connection = await (opening ??= open())
      const answers = [
        last ? named(connection, last.text, last.values) : Promise.resolve(null),
        connection.query('commit'),
      ] as const
      try {
        await begin
        const [rows] = await Promise.all(answers)
        release()
        return rows
      } catch (error) {
        await Promise.allSettled(answers)
        release()
        throw error
      }
    },
    rollback: async () => {
      if (!opening) return
      const connection = await opening.catch(() => null)
      if (!connection) return
      const done = connection.query('rollback')
      await done.then(() => release(), release)
    },
  }
}

/** Ends a read-only transaction without waiting for the answer: there is nothing in it that could be lost. */
export const endRead = (transaction: Transaction, onError: (error: unknown) => void): void => {
  if (transaction.begun) transaction.commit().catch(onError)
}
