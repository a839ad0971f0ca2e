import { monitorEventLoopDelay } from 'node:perf_hooks'
import { common } from '../problem.ts'
import { createTally } from './tally.ts'

export interface LoadLimits {
  /** Requests in work at once, known callers included. */
  inFlight: number
  /** Beyond this only known callers are admitted. */
  inFlightAnonymous: number
  /** Requests of one address (or IPv6 /64), or of one known agent, in work at once. */
  perAddress: number
  /** Mean delay of the event loop, over two half seconds in a row, beyond which anonymous requests are refused; milliseconds. */
  loopDelayMs: number
}

export const defaultLoadLimits: LoadLimits = { inFlight: 400, inFlightAnonymous: 200, perAddress: 120, loopDelayMs: 250 }

export interface LoadShedding {
  /** Admits a request or throws `overloaded`; asks whether the caller is known only when that matters. Call the result once it is done. */
  admit: (place: string, known: () => boolean) => () => void
  state: () => { inFlight: number; shed: number; loopDelayMs: number }
  stop: () => void
}

/**
 * The delay of this window and of the one before, whichever is less. A single stall, as when the first requests compile what they need, is over
 * when it is noticed, and nobody has to be sent away for it.
 */
export const lasting = (): ((delayMs: number) => number) => {
  let before = 0
  return (delayMs) => {
    const both = Math.min(before, delayMs)
    before = delayMs
    return both
  }
}

/** Refuses early what could not be served in time, so that the rest still is (O10, O11). */
export const createLoadShedding = (limits: LoadLimits = defaultLoadLimits): LoadShedding => {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const lastingDelay = lasting()
  let loopDelayMs = 0
  const timer = setInterval(() => {
    loopDelayMs = lastingDelay(Number.isNaN(delay.mean) ? 0 : Math.max(0, delay.mean / 1e6 - 10))
    delay.reset()
  }, 500)
  timer.unref()
  const held = createTally()
  let inFlight = 0
  let shed = 0

  const refuse = (): never => {
    shed++
    throw common('overloaded', { retryAfterSeconds: 1 })
  }
  return {
    admit: (place, known) => {
      if (inFlight >= limits.inFlight || held.of(place) >= limits.perAddress) refuse()
      if ((inFlight >= limits.inFlightAnonymous || loopDelayMs > limits.loopDelayMs) && !known()) refuse()
      inFlight++
      held.more(place)
      let done = false
      return () => {
        if (done) return
        done = true
        inFlight--
        held.fewer(place)
      }
    },
    state: () => ({ inFlight, shed, loopDelayMs }),
    stop: () => {
      clearInterval(timer)
      delay.disable()
    },
  }
}
