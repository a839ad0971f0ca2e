import type { AgentId, OrgId } from '@holdfast/contract'
import { gather } from '../../kernel/gather.ts'
import type { Services } from '../../kernel/services.ts'
import { readIn } from '../../kernel/unit.ts'
import { sharedBundle } from './bundles.ts'
import { onGround } from './on-ground.ts'
import { acknowledgeWithin, longestPushed } from './rules.ts'
import { agentStatesOf, type State } from './state.ts'

type Needed = Pick<Services, 'ground' | 'changes' | 'clock'>
interface Pushed {
  state: State
  acknowledgeWithinMs: number
}

const nameOf = (orgId: OrgId, agentId: AgentId): string => `${orgId} ${agentId}`

const readAll = async (services: Needed, orgId: OrgId, agentIds: AgentId[]): Promise<[string, Pushed][]> => {
  const { ground, changes, clock } = services
  const states = await readIn(ground, orgId, null, ({ tx }) =>
    agentStatesOf(services, tx, agentIds, clock.now(), sharedBundle),
  ).catch((error: unknown) => {
    ground.onError(error)
    return new Map<AgentId, State>()
  })
  const acknowledgeWithinMs = acknowledgeWithin(changes.followersOf('hosts', orgId))
  return [...states].map(([agentId, state]) => [nameOf(orgId, agentId), { state, acknowledgeWithinMs }])
}

const reader = onGround((services: Needed) =>
  gather<Pushed>(async (names) => {
    const agents = names.map((name) => name.split(' ') as [OrgId, AgentId])
    const found = [...Map.groupBy(agents, ([orgId]) => orgId)].map(([orgId, its]) => {
      const ids = its.map(([, agentId]) => agentId)
      return readAll(services, orgId, ids)
    })
    return new Map((await Promise.all(found)).flat())
  }, 1),
)

/**
 * The state of one host, to be sent along with the news of a change: those of all hosts that are told at the same moment are read by one statement, which
 * also says who is still an agent. Undefined where there is nothing to send, or more than is sent unasked: then the agent asks, and is answered or refused.
 */
export const stateToPush = async (services: Needed, orgId: OrgId, agentId: AgentId): Promise<Pushed | undefined> => {
  const pushed = await reader(services)(nameOf(orgId, agentId))
  return pushed && pushed.state.bundle.length <= longestPushed ? pushed : undefined
}
