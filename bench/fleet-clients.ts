/** Many agents in one process: each with the real client, its own connections, its own stream; what they enforce is left out. */
import { connectServer } from '../packages/agent/src/server-client.ts'
import { startReporter } from '../packages/agent/src/reporter.ts'
import { startSync } from '../packages/agent/src/sync.ts'

export interface FleetOrder {
  url: string
  authority: string
  keys: readonly string[]
}
/** When each agent had a state newer than `after`; failures since the last time. */
export interface FleetNews {
  heardAt: number[]
  failures: string[]
}

const atOnce = 25
const nothing = {
  ...{ started: () => undefined, ended: () => undefined, refused: () => undefined, brokeGlass: () => undefined },
  ...{ next: () => null, confirm: () => undefined, size: () => 0, settle: async () => undefined },
}

let after = Number.MAX_SAFE_INTEGER
const heardAt = new Map<number, number>()
const sequences: number[] = []
let failures: string[] = []
const failed = (error: unknown): void => {
  if (error !== null) failures.push(error instanceof Error ? error.message : 'not an error')
}
const tell = (): void => {
  if (heardAt.size < sequences.length) return
  after = Number.MAX_SAFE_INTEGER
  process.send?.({ heardAt: [...heardAt.values()], failures } satisfies FleetNews)
  failures = []
}

const startOne = async ({ url, authority }: FleetOrder, agentKey: string, index: number): Promise<void> => {
  const client = connectServer({ server: url, authority, agentKey })
  sequences[index] = 0
  const reporter = startReporter({ client, outbox: nothing, acknowledged: () => sequences[index] ?? 0, outcome: failed })
  const fetch = async (): Promise<void> => {
    const { sequence } = (await client.state()).state
    sequences[index] = sequence
    reporter.wake({ now: true })
    if (sequence <= after || heardAt.has(index)) return
    heardAt.set(index, Date.now())
    tell()
  }
  const sync = startSync({ client, fetch, outcome: failed })
  while (!sync.streaming()) await new Promise((resolve) => setTimeout(resolve, 20))
}

process.on('disconnect', () => process.exit(0)) // whoever measured is gone
process.on('message', (message: FleetOrder | { after: number }) => {
  if ('after' in message) {
    heardAt.clear()
    ;({ after } = message)
    return
  }
  const waiting = message.keys.entries()
  const some = async (): Promise<void> => {
    for (const [index, key] of waiting) await startOne(message, key, index)
  }
  void Promise.all(Array.from({ length: atOnce }, some)).then(() => process.send?.('streaming'))
})
