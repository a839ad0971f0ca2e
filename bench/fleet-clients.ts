/** Many agents in one process: each with the real client, its own connections and its own stream; what they enforce is left out. */
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ed25519PublicKey, formatPublicKey } from '@holdfast/crypto/ssh'
import { startReporter } from '../packages/agent/src/reporter.ts'
import { connectServer, ServerRefused } from '../packages/agent/src/server-client.ts'
import { startSync } from '../packages/agent/src/sync.ts'
import type { AgentState, Change } from '../packages/agent/src/wire.ts'

export interface FleetOrder {
  url: string
  authority: string
  /** One for each agent. */
  tokens: readonly string[]
}
/** When each agent had a state newer than `after`; failures since the last time. */
export interface FleetNews {
  heardAt: number[]
  failures: string[]
}

const atOnce = 8
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

/** Each enrols from an address of its own, since a token is guessed at by address; afterwards all stand behind one, as behind NAT. */
const enrol = async ({ url: server, authority }: FleetOrder, token: string, index: number): Promise<string> => {
  const localAddress = `127.1.${index >> 7}.${1 + (index & 127)}`
  const client = connectServer({ server, authority, agentKey: null, localAddress })
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const hostPublicKey = formatPublicKey(ed25519PublicKey(Buffer.from(x ?? '', 'base64url')))
  for (;;) {
    const enrolled = await client.enrol({ token, hostPublicKey, agentVersion: 'bench' }).catch((error: unknown) => {
      if (error instanceof ServerRefused && error.code === 'overloaded') return null // nothing was done; as somebody at a shell would
      throw error
    })
    if (!enrolled) {
      await pause(1000)
      continue
    }
    client.close()
    return enrolled.agentKey
  }
}

const startOne = async (order: FleetOrder, token: string, index: number): Promise<void> => {
  const agentKey = await enrol(order, token, index)
  const client = connectServer({ server: order.url, authority: order.authority, agentKey, localAddress: '127.0.0.1' })
  sequences[index] = 0
  const reporter = startReporter({
    client,
    outbox: nothing,
    acknowledged: () => sequences[index] ?? 0,
    outcome: failed,
    posture: () => null,
    skewSeconds: () => null,
  })
  let own = ''
  const heard = ({ sequence, principals, grants, ended }: AgentState, withinMs: number): void => {
    const before = own
    own = JSON.stringify([principals, grants, ended])
    sequences[index] = sequence
    reporter.wake(own === before && withinMs > 0 ? { withinMs } : { now: true })
    if (sequence <= after || heardAt.has(index)) return
    heardAt.set(index, Date.now())
    tell()
  }
  const take = async (change: Change | null): Promise<boolean> => {
    if (change && change.sequence <= (sequences[index] ?? 0)) return true
    if (!change?.state) return false
    heard(change.state, change.acknowledgeWithinMs)
    return true
  }
  const sync = startSync({ client, fetch: async () => heard((await client.state()).state, 0), take, outcome: failed })
  while (!sync.streaming()) await pause(20)
}

process.on('disconnect', () => process.exit(0)) // whoever measured is gone
process.on('message', (message: FleetOrder | { after: number }) => {
  if ('after' in message) {
    heardAt.clear()
    ;({ after } = message)
    return
  }
  const waiting = message.tokens.entries()
  const some = async (): Promise<void> => {
    for (const [index, token] of waiting) await startOne(message, token, index)
  }
  Promise.all(Array.from({ length: atOnce }, some)).then(
    () => process.send?.('streaming'),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`)
      process.exit(1)
    },
  )
})
