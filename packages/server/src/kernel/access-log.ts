import type { OrgId } from '@holdfast/contract'
import { newId } from './identifier.ts'
import { sealOrigin } from './ledger/entry.ts'
import type { Origin } from './handle.ts'
import { openUnit, type Ground } from './unit.ts'
import { common } from './problem.ts'

/** One read of tenant data, or one refusal: who, what, when, from where, by which right (D9). */
export interface Access {
  at: Date
  orgId: OrgId
  actor: string
  session: string | null
  operation: string
  target: string | null
  origin: Origin
  permission: string
  /** `read`, or `refused:<code>`. */
  outcome: string
  rows: number
}

export interface AccessLog {
  /** Notes an access; it is stored within `flushEveryMs`. Throws `overloaded` when the buffer is full: unlogged is unserved. */
  note: (access: Access) => void
  /** Stores what is noted. */
  flush: () => Promise<void>
  /** Stores the rest and stops. */
  close: () => Promise<void>
}

const flushEveryMs = 100
/** Small enough that requests do not notice a batch being sealed. */
const batchSize = 100
const bufferLimit = 20_000

/** One prepared statement, however many rows: an `insert` with a slot for each value would be parsed anew for each number of rows. */
const storeText = `insert into access_log (org_id, id, at, actor, session, operation, target, origin_sealed, permission, outcome, rows)
  select $1, id, at, actor, session, operation, target, decode(origin, 'base64'), permission, outcome, rows
  from json_to_recordset($2) as noted (id text, at timestamptz, actor text, session text, operation text, target text, origin text,
    permission text, outcome text, rows int)`

const storeOf = async (ground: Ground, orgId: OrgId, accesses: readonly Access[]): Promise<void> => {
  const { transaction, vault } = openUnit(ground, orgId, null, true)
  try {
    const rows = await Promise.all(
      accesses.map(async ({ origin, orgId: _, ...access }) => {
        const id = newId('al')
        return { ...access, id, origin: (await sealOrigin(vault, origin, id)).toString('base64') }
      }),
    )
    await transaction.query(storeText, [orgId, JSON.stringify(rows)])
    await transaction.commit()
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

/** Buffers accesses and stores them in batches, one statement an organisation. */
export const createAccessLog = (ground: Ground): AccessLog => {
  let buffer: Access[] = []
  let flushing: Promise<void> = Promise.resolve()

  const store = async (): Promise<void> => {
    const taken = buffer
    buffer = []
    for (const [orgId, accesses] of Map.groupBy(taken, ({ orgId }) => orgId)) {
      for (let start = 0; start < accesses.length; start += batchSize) {
        const batch = accesses.slice(start, start + batchSize)
        await storeOf(ground, orgId, batch).catch((error: unknown) => {
          buffer.push(...batch) // kept for the next round: nothing noted is dropped
          ground.onError(error)
        })
      }
    }
  }
  const flush = (): Promise<void> => (flushing = flushing.then(store))
  const timer = setInterval(() => void (buffer.length > 0 && flush()), flushEveryMs)
  timer.unref()
  return {
    note: (access) => {
      if (buffer.length >= bufferLimit) throw common('overloaded', { retryAfterSeconds: 2 })
      buffer.push(access)
    },
    flush,
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}
