import type { OrgId, SessionId } from '@holdfast/contract'
import { openWrites } from '../tenancy/transaction.ts'
import type { Ground } from '../unit.ts'

/**
 * When a person was last at a session, as their console says with each request (`holdfast-attended`); a page that only keeps asking says
 * nothing. Stored aside from the requests, so other nodes know some seconds later; this one knows at once.
 */
export interface Attendance {
  note: (orgId: OrgId, sessionId: SessionId, at: Date) => void
  /** What is known: the stored time, or a later one that is on its way. A session that was locked stays so. */
  since: (sessionId: SessionId, stored: Date | null) => Date | null
  close: () => Promise<void>
}

const flushEveryMs = 5_000
const limit = 10_000

// The column is quiet: its change alone is no event of the ledger. Null (locked by hand) is not overwritten: only a proof unlocks.
const text = `update session s set attended_at = u.at from unnest($2::text[], $3::timestamptz[]) u (id, at)
  where s.org_id = $1 and s.id = u.id and s.attended_at < u.at`

interface Noted {
  orgId: OrgId
  sessionId: SessionId
  at: Date
}

const store = async (ground: Ground, orgId: OrgId, noted: readonly Noted[]): Promise<void> => {
  const transaction = openWrites(ground.pool, { orgId, personId: null })
  try {
    await transaction.query(text, [orgId, noted.map(({ sessionId }) => sessionId), noted.map(({ at }) => at)])
    await transaction.commit()
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

export const createAttendance = (ground: Ground): Attendance => {
  let noted = new Map<SessionId, Noted>()
  let leaving = new Map<SessionId, Noted>()
  const flush = async (): Promise<void> => {
    leaving = noted
    noted = new Map()
    for (const [orgId, some] of Map.groupBy(leaving.values(), (one) => one.orgId))
      await store(ground, orgId, some).catch(ground.onError)
  }
  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()
  return {
    note: (orgId, sessionId, at) => {
      if (noted.size < limit || noted.has(sessionId)) noted.set(sessionId, { orgId, sessionId, at })
    },
    since: (sessionId, stored) => {
      const { at } = noted.get(sessionId) ?? leaving.get(sessionId) ?? { at: stored }
      return stored !== null && at !== null && at > stored ? at : stored
    },
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}
