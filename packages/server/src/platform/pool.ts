import { callbackify } from 'node:util'
import pg from 'pg'

export interface PoolOptions {
  host: string
  port: number
  database: string
  user: string
  /** Asked at each new connection, so that a rotated password needs no restart. */
  password: () => Promise<string>
  /** PEM of the authority that signs the database's certificate; null: the system's authorities. */
  ca: string | null
  max: number
  /** Several statements on the wire at once; not for code that uses cursors or LISTEN. */
  pipeline: boolean
  onError: (error: Error) => void
}

const wrongPassword = '28P01'
const loginTries = 20
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A log-in refused while the password is being rotated is tried again with the password as it is then, for two seconds. */
const retryLogins = (pool: pg.Pool): void => {
  const connectOnce = pool.connect.bind(pool)
  const connect = async (): Promise<pg.PoolClient> => {
    for (let tried = 1; ; tried++) {
      try {
        return await connectOnce()
      } catch (error) {
        const refused = error instanceof Error && 'code' in error && error.code === wrongPassword
        if (!refused || tried === loginTries) throw error
        await pause(100)
      }
    }
  }
  type Callback = Parameters<typeof connectOnce>[0]
  // pg-pool's own `query` asks with a callback.
  const either = (callback?: Callback) => {
    if (!callback) return connect()
    callbackify(connect)((error, client) =>
      error ? callback(error, undefined, () => {}) : callback(undefined, client, (broken) => client.release(broken)),
    )
    return undefined
  }
  Object.assign(pool, { connect: either })
}

/** Connections over TLS with the server's name checked (D1). Waiting for one is bounded. */
export const createPool = ({ ca, pipeline, onError, ...options }: PoolOptions): pg.Pool => {
  const config: pg.PoolConfig & { pipeline: boolean } = {
    ...options,
    pipeline,
    ssl: { minVersion: 'TLSv1.2', ...(ca !== null && { ca }) },
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 30_000,
    application_name: 'holdfast',
    keepAlive: true,
  }
  const pool = new pg.Pool(config)
  retryLogins(pool)
  // A connection that breaks while it is lent out (idle-in-transaction time-out, a restart of the database) reports to itself alone.
  pool.on('connect', (client) => void client.on('error', onError))
  pool.on('error', onError) // an idle connection that breaks; without a listener it would end the process
  return pool
}

/** Tables that both layers scope to one organisation: all with an `org_id` but those that belong to a person (sessions). */
export const readTenantTables = async (pool: pg.Pool): Promise<ReadonlySet<string>> => {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid left join protected_table p on p.name = c.relname
     where a.attname = 'org_id' and not a.attisdropped and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
       and p.kind is distinct from 'identity'`,
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * Flushes the write-ahead log. It is sequential: once this message is on disk, so is everything committed before it (ADR 0003). Before
 * PostgreSQL 17 a message cannot be flushed by itself; there its own synchronous commit is the flush.
 */
export const flushOf = async (pool: pg.Pool): Promise<() => Promise<unknown>> => {
  const { rows } = await pool.query<{ version: string }>(`select current_setting('server_version_num') as version`)
  const text =
    Number(rows[0]?.version) >= 170_000
      ? `select pg_logical_emit_message(false, 'holdfast', '', true)`
      : `select pg_logical_emit_message(true, 'holdfast', '')`
  return () => pool.query({ name: 'flush', text })
}
