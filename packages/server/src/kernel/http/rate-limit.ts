import type { Operation } from '@holdfast/contract'
import { placeOf } from '../network.ts'
import { common, type Problem } from '../problem.ts'
import { principalId, type Principal } from '../principal.ts'

/** `quota` requests in `windowSeconds`, which may come all at once. */
export interface RatePolicy {
  quota: number
  windowSeconds: number
}

export type RateClass = 'address' | 'principal' | 'organisation' | 'agents' | 'secret' | 'discovery' | 'heavy'
export type RatePolicies = Record<RateClass, RatePolicy>

/**
 * `agents`: the agents of an organisation's hosts, apart from its people, since a thousand of them call at each change of access.
 * `secret`: whatever guesses at a password, code or token, by address. `discovery`: how a domain signs in, by address, twice as often, since every
 * sign-in asks that first; slow enough that nobody lists who our customers are. `heavy`: exports, verification, rotation, by principal.
 */
export const defaultPolicies: RatePolicies = {
  address: { quota: 3000, windowSeconds: 60 },
  principal: { quota: 1800, windowSeconds: 60 },
  organisation: { quota: 9000, windowSeconds: 60 },
  agents: { quota: 60_000, windowSeconds: 60 },
  secret: { quota: 30, windowSeconds: 60 },
  discovery: { quota: 60, windowSeconds: 60 },
  heavy: { quota: 20, windowSeconds: 60 },
}

/** What is left under one policy. */
export interface RateState {
  name: RateClass
  policy: RatePolicy
  remaining: number
  /** Seconds until the full quota is there again. */
  resetSeconds: number
  /** Seconds until one more request is accepted; 0 when it was. */
  retryAfterSeconds: number
}

const keysHeld = 50_000

/**
 * The generic cell rate algorithm: one number a key, no timers. The table is bounded; when full, the keys longest unused go first
 * (whoever floods with many keys is slowed by the address policy before that).
 */
const createCells = (policy: RatePolicy, name: RateClass, now: () => number) => {
  const emission = (policy.windowSeconds * 1000) / policy.quota
  const window = policy.windowSeconds * 1000
  const arrivals = new Map<string, number>()
  const take = (key: string): RateState => {
    const time = now()
    const theoretical = Math.max(arrivals.get(key) ?? time, time)
    const allowedAt = theoretical + emission - window
    const accepted = allowedAt <= time
    const arrival = accepted ? theoretical + emission : theoretical
    if (accepted) {
      arrivals.delete(key)
      arrivals.set(key, arrival)
      const oldest = arrivals.size > keysHeld ? arrivals.keys().next().value : undefined
      if (oldest !== undefined) arrivals.delete(oldest)
    }
    return {
      name,
      policy,
      remaining: Math.max(0, Math.floor((window - (arrival - time)) / emission)),
      resetSeconds: Math.ceil((arrival - time) / 1000),
      retryAfterSeconds: accepted ? 0 : Math.ceil((allowedAt - time) / 1000),
    }
  }
  /** Takes more, also beyond the quota: what follows waits the longer. */
  const charge = (key: string, requests: number): void => {
    const time = now()
    const arrival = Math.max(arrivals.get(key) ?? time, time) + requests * emission
    // Never further than two windows: nobody is shut out for good.
    arrivals.set(key, Math.min(arrival, time + 2 * window))
  }
  return { take, charge }
}

/** The tightest of several states: the one the client should look at. */
const tightest = (states: RateState[]): RateState | null =>
  states.toSorted(
    (a, b) => b.retryAfterSeconds - a.retryAfterSeconds || a.remaining / a.policy.quota - b.remaining / b.policy.quota,
  )[0] ?? null

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers). */
export const rateHeaders = ({ name, policy, remaining, resetSeconds }: RateState): Record<string, string> => ({
  'ratelimit-policy': `"${name}";q=${policy.quota};w=${policy.windowSeconds}`,
  ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
})

export interface RateLimits {
  /** Before anything else is done for a request: by where it comes from (`placeOf`), or by the agent that is known to send it. */
  byPlace: (place: string) => RateState
  /** Once the caller and the operation are known; the tightest policy that applies. */
  byCaller: (operation: Operation, principal: Principal | null, address: string) => RateState | null
  /** Counts a request as so many more, once it is known how much it was. */
  charge: (principal: Principal | null, address: string, requests: number) => void
}

/** Limits of this process; an address counts as its place (network.ts), or whoever has a /64 of IPv6 would have 2⁶⁴ quotas. Several nodes behind one address allow as many times the quota. */
export const createRateLimits = (policies: RatePolicies = defaultPolicies, now: () => number = Date.now): RateLimits => {
  const cells = {
    address: createCells(policies.address, 'address', now),
    principal: createCells(policies.principal, 'principal', now),
    organisation: createCells(policies.organisation, 'organisation', now),
    agents: createCells(policies.agents, 'agents', now),
    secret: createCells(policies.secret, 'secret', now),
    discovery: createCells(policies.discovery, 'discovery', now),
    heavy: createCells(policies.heavy, 'heavy', now),
  }
  const ofOrganisation = ({ kind }: Principal) => cells[kind === 'agent' ? 'agents' : 'organisation']
  return {
    byPlace: (place) => cells.address.take(place),
    byCaller: (operation, principal, address) => {
      const who = principal ? principalId(principal) : placeOf(address)
      return tightest([
        ...(principal ? [cells.principal.take(who), ofOrganisation(principal).take(principal.orgId)] : []),
        ...(operation.rate === 'secret' ? [cells.secret.take(placeOf(address))] : []),
        ...(operation.rate === 'discovery' ? [cells.discovery.take(placeOf(address))] : []),
        ...(operation.rate === 'heavy' ? [cells.heavy.take(who)] : []),
      ])
    },
    charge: (principal, address, requests) => {
      if (requests === 0) return
      if (!principal) return cells.address.charge(placeOf(address), requests)
      cells.principal.charge(principalId(principal), requests)
      ofOrganisation(principal).charge(principal.orgId, requests)
    },
  }
}

export const rateProblem = (state: RateState): Problem =>
  common('rate_limited', {
    detail: `At most ${state.policy.quota} requests in ${state.policy.windowSeconds} s (${state.name}).`,
    retryAfterSeconds: state.retryAfterSeconds,
  })
