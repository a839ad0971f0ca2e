import { readFileSync } from 'node:fs'

/**
 * The server's time, carried on by the kernel's boot clock: it goes on while the machine sleeps and nobody can set it, so that a wall
 * clock that is wrong, or jumps, moves no deadline.
 */
export interface HostClock {
  /** Unix milliseconds by the server's clock, as far as is known. */
  now(): number
  /** Seconds by the boot clock at which `now()` will be `atMs`. */
  uptimeAt(atMs: number): number
  /** The server said `serverMs` at some moment of a round trip that has just ended. */
  learn(serverMs: number, roundTripMs: number): void
  /** How far this host's wall clock is ahead of the server's. */
  skewSeconds(): number
  /** Whether the server was heard on this boot. Before that the wall clock is all there is, and it may be wrong. */
  proved(): boolean
  /** For a restarted agent on the same boot. */
  snapshot(): ClockReading
}

export interface ClockReading {
  bootId: string
  uptimeSeconds: number
  serverMs: number
}

/** Seconds since boot, sleep included (proc_uptime(5)), in hundredths. */
export const uptimeSeconds = (): number => Number.parseFloat(readFileSync('/proc/uptime', 'latin1'))

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()

export const createClock = (earlier: ClockReading | null = null): HostClock => {
  const boot = bootId()
  // Nothing known of this boot: the wall clock is the best there is, until the server is heard; but it is later than when that was heard last.
  const atLeastMs = Math.max(Date.now(), earlier?.serverMs ?? 0)
  let base: ClockReading =
    earlier?.bootId === boot ? earlier : { bootId: boot, uptimeSeconds: uptimeSeconds(), serverMs: atLeastMs }
  const now = () => base.serverMs + (uptimeSeconds() - base.uptimeSeconds) * 1000
  let heard = earlier?.bootId === boot
  return {
    now,
    uptimeAt: (atMs) => base.uptimeSeconds + (atMs - base.serverMs) / 1000,
    learn(serverMs, roundTripMs) {
      // It is now between the two; what we thought stays where it can be right, so that a slow answer spoils nothing.
      const thought = heard ? now() : serverMs + roundTripMs / 2
      heard = true
      const is = Math.min(Math.max(thought, serverMs), serverMs + roundTripMs)
      base = { bootId: boot, uptimeSeconds: uptimeSeconds(), serverMs: is }
    },
    skewSeconds: () => Math.round((Date.now() - now()) / 1000),
    proved: () => heard,
    snapshot: () => base,
  }
}
