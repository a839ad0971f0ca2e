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

const flushEveryMs = 500
const bufferLimit = 20_000

const storeOf = async (ground: Ground, orgId: OrgId, accesses: readonly Access[]): Promise<void> => {
  const unit = openUnit(ground, orgId, null, true)
  try {
    const rows = await Promise.all(
      accesses.map(async ({ origin, orgId: _, ...access }) => {
        const id = newId('al')
        return { ...access, id, originSealed: await sealOrigin(unit.vault, origin, id) }
      }),
    )
    await unit.tx.insertInto('accessLog').values(rows).execute()
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
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
      for (let start = 0; start < accesses.length; start += 500) {
        const batch = accesses.slice(start, start + 500)
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
