import type { AgentId, OrgId } from '@holdfast/contract'
import { gather } from '../../kernel/gather.ts'
import type { Services } from '../../kernel/services.ts'
import { readIn, type Ground } from '../../kernel/unit.ts'
import { sharedBundle } from './bundles.ts'
import { acknowledgeWithin, longestPushed } from './rules.ts'
import { agentStatesOf, type State } from './state.ts'

type Needed = Pick<Services, 'ground' | 'changes' | 'clock'>
interface Pushed {
  state: State
  acknowledgeWithinMs: number
}

const readAll = async ({ ground, changes, clock }: Needed, orgId: OrgId, agentIds: AgentId[]) => {
  const states = await readIn(ground, orgId, null, ({ tx }) => agentStatesOf({ ground }, tx, agentIds, clock.now(), sharedBundle))
  const acknowledgeWithinMs = acknowledgeWithin(changes.followersOf('hosts', orgId))
  return [...states].map(([agentId, state]): [string, Pushed] => [`${orgId} ${agentId}`, { state, acknowledgeWithinMs }])
}

const askedOf = new WeakMap<Ground, (name: string) => Promise<Pushed | undefined>>()

/**
 * The state of one host, sent along with the news of a change: those of all hosts that are told at the same moment are read by one statement, which also
 * says who is still an agent. Undefined where there is nothing to send, or more than is sent unasked: then the agent asks, and is answered or refused.
 */
export const stateToPush = async (services: Needed, orgId: OrgId, agentId: AgentId): Promise<Pushed | undefined> => {
  const { ground } = services
  const ask =
    askedOf.get(ground) ??
    gather<Pushed>(async (names) => {
      const agents = names.map((name) => name.split(' ') as [OrgId, AgentId])
      const found = [...Map.groupBy(agents, ([org]) => org)].map(([org, its]) =>
        readAll(
          services,
          org,
          its.map(([, id]) => id),
        ).catch((error: unknown) => {
          ground.onError(error)
          return []
        }),
      )
      return new Map((await Promise.all(found)).flat())
    }, 1)
  askedOf.set(ground, ask)
  const pushed = await ask(`${orgId} ${agentId}`)
  return pushed && pushed.state.bundle.length <= longestPushed ? pushed : undefined
}
