import { agent } from '@holdfast/contract'
import { newestChange } from '../../kernel/access/sequence.ts'
import type { Capability } from '../../kernel/capability.ts'
import { handle, handleEvents } from '../../kernel/handle.ts'
import { sharedBundle } from './bundles.ts'
import { enrol, hostOf, renewHostCertificate } from './enrol.ts'
import { stateToPush } from './pushing.ts'
import { report } from './report.ts'
import { agentStateOf } from './state.ts'

const state = handle(agent.state, (_, context) =>
  agentStateOf(context.services, context.tx, hostOf(context), context.now, sharedBundle),
)

/**
 * Numbers, and for whoever wants it what they stand for. The first is told to somebody who has just come, and asks anyway: for the time, which can be
 * learned from an answer only.
 */
const events = handleEvents(agent.events, async function* ({ state: along }, { principal, orgId, services, read, signal }) {
  if (principal.kind !== 'agent') throw new Error('only an agent has a host')
  const { agentId } = principal
  const current = () => read(async ({ tx }) => (await newestChange(tx)).sequence)
  const given = along !== undefined
  let told = -1
  for await (const sequence of services.changes.follow({ audience: 'hosts', orgId, name: agentId, current, signal, given })) {
    if (sequence <= told) continue // came along with the one before it
    const pushed = given && told >= 0 ? await stateToPush(services, orgId, agentId) : undefined
    told = pushed?.state.sequence ?? sequence
    yield { sequence: told, ...pushed }
  }
})

/** What the agent on a managed host may call (C6). */
export const agents: Capability = { handlers: [enrol, state, events, report, renewHostCertificate] }
