import type { OrgId } from '@holdfast/contract'
import { openWrites } from '../tenancy/transaction.ts'
import type { Ground } from '../unit.ts'

/** When API keys, credentials of directories and the agents of hosts were last used, to a minute; stored aside from the requests. */
export interface KeyUse {
  note: (orgId: OrgId, keyId: string, at: Date) => void
  close: () => Promise<void>
}

const flushEveryMs = 5_000
const limit = 10_000

// These columns are quiet: their change alone is no event of the ledger.
const keysText = `update api_key k set last_used_at = u.at from unnest($2::text[], $3::timestamptz[]) u (id, at)
  where k.org_id = $1 and k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at - interval '1 minute')`
// The rows are locked in one order: acknowledging.ts writes many of them, too.
const agentsText = `update host h set last_seen_at = u.at
  from (select h.id, a.at from unnest($2::text[], $3::timestamptz[]) a (id, at) join host h on h.org_id = $1 and h.agent_id = a.id
    where h.last_seen_at is null or h.last_seen_at < a.at - interval '10 seconds' order by h.id for no key update of h) u
  where h.org_id = $1 and h.id = u.id`

const directoriesText = `update directory_credential c set last_used_at = u.at from unnest($2::text[], $3::timestamptz[]) u (id, at)
  where c.org_id = $1 and c.id = u.id and (c.last_used_at is null or c.last_used_at < u.at - interval '1 minute')`
const textBy: Record<string, string> = { ak: keysText, ag: agentsText, dc: directoriesText }

const store = async (ground: Ground, orgId: OrgId, uses: { keyId: string; at: Date }[]): Promise<void> => {
  const transaction = openWrites(ground.pool, { orgId, personId: null })
  try {
    for (const [prefix, text] of Object.entries(textBy)) {
      const ours = uses.filter(({ keyId }) => keyId.startsWith(`${prefix}_`))
      if (ours.length > 0) await transaction.query(text, [orgId, ours.map(({ keyId }) => keyId), ours.map(({ at }) => at)])
    }
    await transaction.commit()
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

export const createKeyUse = (ground: Ground): KeyUse => {
  let noted = new Map<string, { orgId: OrgId; keyId: string; at: Date }>()
  const flush = async (): Promise<void> => {
    const taken = [...noted.values()]
    noted = new Map()
    for (const [orgId, uses] of Map.groupBy(taken, (use) => use.orgId)) await store(ground, orgId, uses).catch(ground.onError)
  }
  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()
  return {
    note: (orgId, keyId, at) => {
      if (noted.size < limit || noted.has(keyId)) noted.set(keyId, { orgId, keyId, at })
    },
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}
