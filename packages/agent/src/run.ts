import { existsSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { startAgent, type AgentStatus } from './agent.ts'
import { askAgent } from './hook-socket.ts'
import { layoutOf } from './paths.ts'

/** Runs in the foreground until a signal or `uninstall` ends it. */
export const runAgent = async ({ root, say }: { root?: string; say: (line: string) => void }): Promise<void> => {
  // What ends sessions must not wait behind what runs in them.
  setPriority(constants.priority.PRIORITY_HIGH)
  const agent = await startAgent({ layout: layoutOf(root), log: say })
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const { name, hostId, sessions } = agent.status()
  say(`The agent of ${name} (${hostId}) runs, with ${sessions.length} live sessions.`)
  await Promise.race([signalled, agent.stopped])
  await agent.stop()
}

/** Null when no agent answers. */
export const agentStatus = async (root?: string): Promise<AgentStatus | null> => {
  const { socket } = layoutOf(root)
  if (!existsSync(socket)) return null
  return askAgent(socket, ['status']).then(
    (text) => JSON.parse(text) as AgentStatus,
    () => null,
  )
}
