import type { AgentId, OrgId } from '@holdfast/contract'
import { gather } from '../gather.ts'
import { openWrites } from '../tenancy/transaction.ts'
import type { Ground } from '../unit.ts'

/** An agent's word that a state is in force on its host, and nothing else. */
export interface Acknowledgement {
  orgId: OrgId
  agentId: AgentId
  sequence: number
  agentVersion: string | null
}

// All columns written are quiet. Left to the report itself: a grant that its host is told by this to have ended, a rotation that waits for hosts, and another
// version of the agent. The rows are locked in one order, since other nodes may be noting the same hosts (key-use.ts).
const text = `update host h set acknowledged = u.sequence, acknowledged_at = $5, last_seen_at = $5
  from (select h.id, least(a.sequence, s.sequence) as sequence
    from unnest($2::text[], $3::bigint[], $4::text[]) a (agent_id, sequence, version)
      join host h on h.org_id = $1 and h.agent_id = a.agent_id and h.state = 'enrolled'
      join access_sequence s on s.org_id = $1
    where (a.version is null or a.version = h.agent_version)
      and not exists (select from access_grant g where g.org_id = $1 and g.host_id = h.id and g.state = 'ended' and g.told_at is null
        and g.end_sequence <= a.sequence)
      and not exists (select from ssh_rotation r where r.org_id = $1 and r.retired_at is null)
    order by h.id for no key update of h) u
  where h.org_id = $1 and h.id = u.id
  returning h.agent_id`

const noteAll = async (ground: Ground, orgId: OrgId, some: readonly Acknowledgement[], now: Date): Promise<string[]> => {
  const transaction = openWrites(ground.pool, { orgId, personId: null, admit: ground.admit })
  try {
    const [agents, sequences, versions] = [
      some.map(({ agentId }) => agentId),
      some.map(({ sequence }) => sequence),
      some.map(({ agentVersion }) => agentVersion),
    ]
    const { rows } = await transaction.query(text, [orgId, agents, sequences, versions, now])
    await transaction.commit()
    return rows.map((row) => String(row['agent_id']))
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

/** Those of a thousand hosts that come at the same time are written by a few statements, each durable before any of its hosts is answered. */
export interface Acknowledging {
  /** False: it says more than was written, or is not to be written; then nothing was. */
  note: (acknowledgement: Acknowledgement) => Promise<boolean>
}

export const createAcknowledging = (ground: Ground, clock: { now: () => Date }): Acknowledging => {
  const ask = gather<true>(async (asked) => {
    const given = asked.map((one) => JSON.parse(one) as Acknowledgement)
    const written = [...Map.groupBy(given, ({ orgId }) => orgId)].map(async ([orgId, some]) => {
      // Of one agent only one at a time: it sends them one after the other, and only a repeated request would be a second.
      const latest = [...new Map(some.map((one) => [one.agentId, one])).values()]
      const agents = new Set(await noteAll(ground, orgId, latest, clock.now()))
      return latest.filter(({ agentId }) => agents.has(agentId))
    })
    const noted = (await Promise.all(written)).flat()
    await ground.barrier()
    return new Map(noted.map((one) => [JSON.stringify(one), true]))
  }, 1)
  return {
    note: async ({ orgId, agentId, sequence, agentVersion }) =>
      (await ask(JSON.stringify({ orgId, agentId, sequence, agentVersion }))) === true,
  }
}
