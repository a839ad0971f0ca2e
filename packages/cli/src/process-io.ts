import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { findAsk } from './ask.ts'
import { hand } from './hand.ts'
import type { Io } from './io.ts'

const openBrowser = (url: string): void => {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  // No browser here: the page is printed as well.
  child.on('error', () => undefined)
  child.unref()
}

const onSignal: Io['onSignal'] = (heard) => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, heard)
  return () => signals.forEach((signal) => process.off(signal, heard))
}

/** The terminal, files and environment of this process. */
export const processIo = (): Io => ({
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  columns: process.stdout.isTTY ? process.stdout.columns : null,
  interactive: process.stderr.isTTY === true,
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }).catch(() => undefined),
  openBrowser,
  ask: findAsk(),
  onSignal,
  hand,
})
