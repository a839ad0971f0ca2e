import type { LiveSession, SshExtension } from '@holdfast/contract'
import type { z } from 'zod'
import { spanInWords } from '../kit/index.ts'

export type Session = z.infer<typeof LiveSession>

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** "1 h 30 min": exact, for what is asked for and allowed. */
export const durationInWords = (seconds: number): string => {
  const parts: string[] = []
  let left = seconds
  for (const [name, size] of units) {
    const whole = Math.floor(left / size)
    if (whole > 0) parts.push(`${whole} ${name}`)
    left -= whole * size
  }
  return parts.join(' ') || '0 s'
}

/** How long after `from` it was `to`: "340 ms after the end"; empty where two clocks disagree. */
export const laterInWords = (from: string, to: string, what = 'the end'): string => {
  const ms = Date.parse(to) - Date.parse(from)
  if (Number.isNaN(ms) || ms < 0) return ''
  if (ms < 1000) return `${ms} ms after ${what}`
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s after ${what}` : `${spanInWords(ms)} after ${what}`
}

export const extensionWords: Record<z.infer<typeof SshExtension>, string> = {
  'permit-port-forwarding': 'port forwarding',
  'permit-agent-forwarding': 'agent forwarding',
  'permit-X11-forwarding': 'X11 forwarding',
  'permit-user-rc': 'the login’s own ~/.ssh/rc',
}

export const sessionEndWords: Record<NonNullable<Session['endReason']>, string> = {
  closed: 'closed by its person',
  expired: 'ended by the server at the end of the grant',
  revoked: 'ended by the server: the grant was over',
  refused: 'refused by the server',
  unknown: 'ended; the server does not know how',
}
