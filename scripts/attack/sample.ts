import { randomBytes } from 'node:crypto'
import type { Ground, Headers, Person } from './ground.ts'

export interface Sample {
  input: Record<string, unknown>
  /** Ids, addresses and codes that a request uses up: asked for again before each request that still names the old ones. */
  fresh?: () => Promise<Record<string, string>>
  /** The fields that `fresh` gives. */
  spent?: readonly string[]
  /** Who sends it, where the usual caller is nobody who could: the agent of a host. */
  as?: Headers
}

export type Make = (ground: Ground, who: Person) => Promise<Sample>

export const once = (input: Record<string, unknown>): Sample => ({ input })

/** The same request can be carried out once only. */
export const each = async (make: () => Promise<Record<string, string>>, rest: Record<string, unknown> = {}): Promise<Sample> => {
  const first = await make()
  return { input: { ...first, ...rest }, fresh: make, spent: Object.keys(first) }
}

export const unused = (): string => randomBytes(6).toString('hex')
