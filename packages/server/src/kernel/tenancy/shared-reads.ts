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

/** So many reads at once get a connection each; further ones join those that are at work. */
const ownLanes = 1
/** So many share one connection before another is opened. */
const longestQueue = 16
/** A lane that has been silent for this long works on something slow: nobody else should wait behind it. */
const stuckMs = 5

/** What is sent at the same time travels in one write; on a lane that is at work anyway, what is sent within one turn of the event loop. */
const cork = (lane: Lane): void => {
  if (lane.corked) return
  const { stream } = (lane.client as unknown as { connection: pg.Connection }).connection
  lane.corked = true
  stream.cork()
  const uncork = (): void => {
    lane.corked = false
    stream.uncork()
  }
  if (lane.underWay > 0) setImmediate(uncork)
  else process.nextTick(uncork)
}

/**
 * Reads of many requests over few connections. A batch is a transaction by itself, so batches may follow each other without waiting for
 * answers, and under load a hundred of them cost the writes and wake-ups of a few. Alone, a read goes off at once on a connection of its own.
 */
export const sharedReads = (pool: pg.Pool): Reads => {
  const lanes = new Set<Lane>()
  let opening: Promise<Lane> | null = null

  const open = async (): Promise<Lane> => {
    try {
      const lane: Lane = {
        ...{ client: await pool.connect(), underWay: 0, movedAt: performance.now() },
        ...{ corked: false, broken: undefined },
      }
      lanes.add(lane)
      return lane
    } finally {
      opening = null
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
  const laneFor = async (): Promise<Lane> => {
    for (;;) {
      const lane = (lanes.size >= ownLanes ? moving() : undefined) ?? (await (opening ??= open()))
      if (lane.underWay < longestQueue) return lane
    }
  }
  const leave = (lane: Lane): void => {
    lane.movedAt = performance.now()
    if (--lane.underWay > 0) return
    lanes.delete(lane)
    lane.client.release(lane.broken)
  }
  return async (statements) => {
    const lane = await laneFor()
    cork(lane)
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
