import type pg from 'pg'
import type { OrgId, PersonId, StaffGrantId } from '@holdfast/contract'
import { runBatch, statement, type BatchResult, type Statement } from './batch.ts'
import type { Reads } from './shared-reads.ts'

export interface Rows {
  rows: Record<string, unknown>[]
  rowCount: number | null
}

/** As Kysely compiles it. */
export interface Sendable {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export interface Transaction {
  readonly orgId: OrgId
  /** Whether anything was asked of it. */
  readonly begun: boolean
  /** `camelCase`: names of columns in the rows. */
  query: (text: string, values: readonly unknown[], camelCase?: boolean) => Promise<Rows>
  /** Several statements in one message, in this order; after one that fails the rest is not run. */
  queries: (statements: readonly Sendable[]) => Promise<Rows[]>
  /** Travels in front of whatever is sent next, at the latest with COMMIT; for a write whose answer nobody needs. It fails there. */
  later: (statement: Sendable) => void
  /** Sends `last` and COMMIT together; resolves when both are answered. */
  commit: (last?: { text: string; values: readonly unknown[] }) => Promise<Rows | null>
  rollback: () => Promise<void>
}

const ignore = (): void => {}
const sent = ({ sql, parameters }: Sendable): Statement => statement(sql, parameters, true)

/** Whom a transaction is entered for. */
export interface Entrance {
  orgId: OrgId
  personId: PersonId | null
}

/** By which grant staff enter, and the row of the access log that comes before all else; null for a change. */
export interface StaffEntrance {
  grantId: StaffGrantId
  noted: string | null
}

interface Writing extends Entrance {
  /** Waits until there is room for one more; what it gives is called when the transaction has ended. */
  admit?: () => Promise<() => void>
  staff?: StaffEntrance | null
}

const enterText = 'select enter($1, $2, $3)'
const enterAsStaffText = 'select enter_as_staff($1, $2, $3, $4)'
const enterToReadText = `select enter($1, $2, $3), set_config('transaction_read_only', 'on', true)`

/**
 * Reads inside one organisation: each statement is a transaction of its own together with its `enter`. They travel in one batch, whose end
 * is the transaction's, so neither BEGIN nor COMMIT is sent. At READ COMMITTED every statement has a snapshot of its own anyway.
 */
export const openReads = (reads: Reads, { orgId, personId }: Entrance): Transaction => {
  const enter = statement(enterToReadText, [orgId, personId, false])
  return {
    orgId,
    begun: false,
    query: async (text, values, camelCase) => {
      const [, rows] = await reads([enter, statement(text, values, camelCase)])
      if (!rows) throw new Error('the database did not answer')
      return rows
    },
    queries: async (statements) => (await reads([enter, ...statements.map(sent)])).slice(1),
    later: () => {
      throw new Error('a reading transaction writes nothing')
    },
    commit: (last) => (last ? Promise.reject(new Error('a reading transaction writes nothing')) : Promise.resolve(null)),
    rollback: () => Promise.resolve(),
  }
}

/**
 * A writing transaction inside one organisation. It begins with its first statement: BEGIN, `enter` and that statement travel
 * together (one batch, one answer), so that isolation costs no round trip of its own. Nothing is sent when nothing is asked.
 */
export const openWrites = (pool: pg.Pool, { orgId, personId, admit, staff }: Writing): Transaction => {
  const enter = staff
    ? statement(enterAsStaffText, [orgId, personId, staff.grantId, staff.noted])
    : statement(enterText, [orgId, personId, true])
  const begin = [statement('begin'), enter]
  let client: pg.PoolClient | null = null
  let opening: Promise<pg.PoolClient> | null = null
  let begun: Promise<unknown> = Promise.resolve()
  let leave = ignore
  let waiting: Statement[] = []

  const connect = async (): Promise<pg.PoolClient> => {
    if (admit) leave = await admit()
    return pool.connect()
  }

  /** The results of `statements`; the first caller's travel behind BEGIN and `enter`, and what waited in front of them. */
  const send = async (asked: readonly Statement[]): Promise<BatchResult[]> => {
    const before = waiting.length
    const statements = [...waiting, ...asked]
    waiting = []
    return (await sendAll(statements)).slice(before)
  }
  const sendAll = async (statements: readonly Statement[]): Promise<BatchResult[]> => {
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
    waiting = []
    if (!opening) return
    const connection = await opening.catch(() => null)
    if (connection) await runBatch(connection, [statement('rollback')]).then(() => release(), release)
    else release()
  }

  return {
    orgId,
    get begun() {
      return opening !== null || waiting.length > 0
    },
    query: async (text, values, camelCase) => {
      const [rows] = await send([statement(text, values, camelCase)])
      if (!rows) throw new Error('the database did not answer')
      return rows
    },
    queries: (statements) => send(statements.map(sent)),
    later: (asked) => void waiting.push(sent(asked)),
    commit: async (last) => {
      if (!opening && !last && waiting.length === 0) return null
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
