import type pg from 'pg'
import { runBatch, type BatchResult, type Statement } from './batch.ts'

/** Runs a batch that begins and ends its own transaction: nothing of it stays on the connection. */
export type Reads = (statements: readonly Statement[]) => Promise<BatchResult[]>

/** A connection that several readers use at once, one batch behind the other. */
interface Lane {
  readonly client: pg.PoolClient
  underWay: number
  /** When it last answered, or was first asked; milliseconds of the process. */
  movedAt: number
  corked: boolean
  broken: Error | undefined
}

const ownLanes = 1
const longestQueue = 16
/** A lane that has been silent for this long works on something slow: nobody else should wait behind it. */
const stuckMs = 5

/** What is sent within one turn of the event loop travels in one write. */
const cork = (lane: Lane): void => {
  if (lane.corked) return
  const { stream } = (lane.client as unknown as { connection: pg.Connection }).connection
  lane.corked = true
  stream.cork()
  setImmediate(() => {
    lane.corked = false
    stream.uncork()
  })
}

/**
 * Reads of many requests over few connections. A batch is a transaction by itself, so batches may follow each other without waiting for
 * answers, and under load a hundred of them cost the writes and wake-ups of a few. Alone, a read goes off at once on a connection of its own.
 */
export const sharedReads = (pool: pg.Pool): Reads => {
  const lanes = new Set<Lane>()
  let opening = 0

  const open = async (): Promise<Lane> => {
    opening++
    try {
      const lane: Lane = {
        ...{ client: await pool.connect(), underWay: 0, movedAt: performance.now() },
        ...{ corked: false, broken: undefined },
      }
      lanes.add(lane)
      return lane
    } finally {
      opening--
    }
  }
  const moving = (): Lane | undefined => {
    let best: Lane | undefined
    const oldest = performance.now() - stuckMs
    for (const lane of lanes) {
      if (lane.broken || lane.movedAt < oldest || lane.underWay >= longestQueue) continue
      if (!best || lane.underWay < best.underWay) best = lane
    }
    return best
  }
  const leave = (lane: Lane): void => {
    lane.movedAt = performance.now()
    if (--lane.underWay > 0) return
    lanes.delete(lane)
    lane.client.release(lane.broken)
  }
  return async (statements) => {
    const joined = lanes.size + opening >= ownLanes ? moving() : undefined
    const lane = joined ?? (await open())
    if (lane.underWay > 0) cork(lane)
    lane.underWay++
    try {
      return await runBatch(lane.client, statements)
    } catch (error) {
      // A refusal by the database has a code of five characters and leaves the connection as it was.
      if (!(error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.length === 5))
        lane.broken = error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      leave(lane)
    }
  }
}
