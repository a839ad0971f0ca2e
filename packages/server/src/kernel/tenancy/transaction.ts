import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { OrgId, PersonId } from '@holdfast/contract'
import { runBatch, type BatchResult, type Statement } from './batch.ts'

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

const statement = (text: string, values: readonly unknown[] = []): Statement => ({ name: statementName(text), text, values })

const ignore = (): void => {}

interface Opening {
  orgId: OrgId
  personId: PersonId | null
  /** False opens a read-only transaction. */
  writes: boolean
  /** Waits until there is room for one more; what it gives is called when the transaction has ended. */
  admit?: () => Promise<() => void>
}

const enterText = 'select enter($1, $2, $3)'
const enterToReadText = `select enter($1, $2, $3), set_config('transaction_read_only', 'on', true)`

/**
 * Reads inside one organisation: each statement is a transaction of its own together with its `enter`. They travel in one batch, whose end
 * is the transaction's, so neither BEGIN nor COMMIT is sent. At READ COMMITTED every statement has a snapshot of its own anyway.
 */
const openReads = (pool: pg.Pool, { orgId, personId }: Opening): Transaction => {
  const enter = statement(enterToReadText, [orgId, personId, false])
  return {
    orgId,
    begun: false,
    query: async (text, values) => {
      const client = await pool.connect()
      try {
        const [, rows] = await runBatch(client, [enter, statement(text, values)])
        if (!rows) throw new Error('the database did not answer')
        return rows
      } finally {
        client.release()
      }
    },
    commit: (last) => (last ? Promise.reject(new Error('a reading transaction writes nothing')) : Promise.resolve(null)),
    rollback: () => Promise.resolve(),
  }
}

/**
 * A writing transaction inside one organisation. It begins with its first statement: BEGIN, `enter` and that statement travel
 * together (one batch, one answer), so that isolation costs no round trip of its own. Nothing is sent when nothing is asked.
 */
const openWrites = (pool: pg.Pool, { orgId, personId, admit }: Opening): Transaction => {
  const begin = [statement('begin'), statement(enterText, [orgId, personId, true])]
  let client: pg.PoolClient | null = null
  let opening: Promise<pg.PoolClient> | null = null
  let begun: Promise<unknown> = Promise.resolve()
  let leave = ignore

  const connect = async (): Promise<pg.PoolClient> => {
    if (admit) leave = await admit()
    return pool.connect()
  }

  /** The results of `statements`; the first caller's travel behind BEGIN and `enter`. */
  const send = async (statements: readonly Statement[]): Promise<BatchResult[]> => {
    const first = opening === null
    const connection = await (opening ??= connect())
    if (first) {
      client = connection
      const results = runBatch(connection, [...begin, ...statements])
      begun = results
      begun.catch(ignore) // reported to the first caller
      return (await results).slice(begin.length)
    }
    try {
      return await runBatch(connection, statements)
    } catch (error) {
      await begun // the first failure is the cause; ours may only say that the transaction is aborted
      throw error
    }
  }
  const release = (error?: unknown): void => {
    client?.release(error instanceof Error ? error : undefined)
    client = null
    opening = null
    leave()
  }
  const rollback = async (): Promise<void> => {
    if (!opening) return
    const connection = await opening.catch(() => null)
    if (connection) await runBatch(connection, [statement('rollback')]).then(() => release(), release)
    else release()
  }

  return {
    orgId,
    get begun() {
      return opening !== null
    },
    query: async (text, values) => {
      const [rows] = await send([statement(text, values)])
      if (!rows) throw new Error('the database did not answer')
      return rows
    },
    commit: async (last) => {
      if (!opening && !last) return null
      const end = statement('commit')
      try {
        const [rows] = await send(last ? [statement(last.text, last.values), end] : [end])
        release()
        return last ? (rows ?? null) : null
      } catch (error) {
        await rollback() // after an error COMMIT was skipped
        throw error
      }
    },
    rollback,
  }
}

/** Enters an organisation, to write or only to read. Nothing is sent before the first statement. */
export const openTransaction = (pool: pg.Pool, opening: Opening): Transaction =>
  opening.writes ? openWrites(pool, opening) : openReads(pool, opening)
