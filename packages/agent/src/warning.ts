import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { terminalsOf } from './processes.ts'

export interface Warning {
  endsAtMs: number
  /** How long there is left. */
  seconds: number
}

const inWords = (seconds: number): string => {
  const minutes = Math.round(seconds / 60)
  if (seconds < 60) return `${seconds} seconds`
  return minutes === 1 ? '1 minute' : `${minutes} minutes`
}

export const textOf = ({ endsAtMs, seconds }: Warning): string =>
  `\r\n\u0007*** Holdfast: this access ends in ${inWords(seconds)}, at ${new Date(endsAtMs).toISOString().slice(11, 16)} UTC, with everything it runs.\r\n`

/** Writes to every terminal of a session. One that was stopped, or is gone, must hold up nobody. */
export const warnTerminals = (pids: readonly number[], warning: Warning): void => {
  for (const terminal of terminalsOf(pids)) {
    try {
      const fd = openSync(terminal, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
      try {
        writeSync(fd, textOf(warning))
      } finally {
        closeSync(fd)
      }
    } catch {
      // Nobody to warn there any more.
    }
  }
}
