/** For so long the agent of a retired host may still say that its sessions have ended; it hears of the retirement within seconds. */
export const leavingMs = 15 * 60_000

interface Host {
  retiredAt: Date | null
  /** When it said so. */
  leftAt: Date | null
}

/** Whether the last word of a retired host is still to come. */
export const mayStillSpeak = ({ retiredAt, leftAt }: Host, now: Date): boolean =>
  retiredAt !== null && leftAt === null && now.getTime() - retiredAt.getTime() < leavingMs

/** Whether a host was retired and will never say how its sessions ended. */
export const leftUnheard = (host: Host, now: Date): boolean =>
  host.retiredAt !== null && host.leftAt === null && !mayStillSpeak(host, now)
