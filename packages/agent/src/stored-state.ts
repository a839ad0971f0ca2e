import { formatPublicKey, SshError } from '@holdfast/crypto/ssh'
import { z } from 'zod'
import { believe, keysOf, StateRefused, type Belief, type Host } from './belief.ts'
import type { ClockReading } from './clock.ts'
import { readIfThere, replaceFile } from './files.ts'
import { AgentState } from './wire.ts'

/** The last state that was accepted, for an agent that starts while the server is away. */
const Stored = z.object({
  state: AgentState,
  signers: z.array(z.string()).min(1),
  heardAtMs: z.number(),
  clock: z.object({ bootId: z.string(), uptimeSeconds: z.number(), serverMs: z.number() }),
})

export const storeState = (file: string, state: AgentState, belief: Belief, clock: ClockReading): Promise<void> => {
  const signers = belief.bundle.signers.map((key) => formatPublicKey(key))
  return replaceFile(
    file,
    JSON.stringify({ state, signers, heardAtMs: belief.heardAtMs, clock } satisfies z.input<typeof Stored>),
  )
}

export const storedClock = (file: string): ClockReading | null => {
  const { success, data } = Stored.safeParse(parsed(file))
  return success ? data.clock : null
}

/** Null when there is none, or it does not hold up: then the server must be heard first. */
export const readStoredState = (file: string, host: Host, nowMs: number): Belief | null => {
  const { success, data } = Stored.safeParse(parsed(file))
  if (!success) return null
  try {
    const expected = { host, trusted: keysOf(data.signers), minVersion: 0n, minSequence: 0, nowMs, stored: true }
    return { ...believe(data.state, expected), heardAtMs: data.heardAtMs }
  } catch (error) {
    if (error instanceof SshError || error instanceof StateRefused) return null
    throw error
  }
}

const parsed = (file: string): unknown => {
  try {
    return JSON.parse(readIfThere(file) ?? 'null')
  } catch {
    return null
  }
}
