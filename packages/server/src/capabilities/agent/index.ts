import { agent } from '@holdfast/contract'
import { newestChange } from '../../kernel/access/sequence.ts'
import type { Capability } from '../../kernel/capability.ts'
import { handle, handleEvents } from '../../kernel/handle.ts'
import { sharedBundle } from './bundles.ts'
import { enrol, hostOf, renewHostCertificate } from './enrol.ts'
import { report } from './report.ts'
import { agentStateOf } from './state.ts'

const state = handle(agent.state, (_, context) =>
  agentStateOf(context.services, context.tx, hostOf(context), context.now, sharedBundle),
)

/** Numbers only: what they stand for is fetched by `agent.state`, which knows who asks. */
const events = handleEvents(agent.events, async function* (_, { principal, orgId, services, read, signal }) {
  if (principal.kind !== 'agent') throw new Error('only an agent has a host')
  const current = () => read(async ({ tx }) => (await newestChange(tx)).sequence)
  for await (const sequence of services.changes.follow('hosts', orgId, principal.agentId, current, signal)) yield { sequence }
})

/** What the agent on a managed host may call (C6). */
export const agents: Capability = { handlers: [enrol, state, events, report, renewHostCertificate] }
