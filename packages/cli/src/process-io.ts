import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from './io.ts'

const openBrowser = (url: string): void => {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  // No browser here: the page is printed as well.
  child.on('error', () => undefined)
  child.unref()
}

/** The terminal, files and environment of this process. */
export const processIo = (): Io => ({
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  columns: process.stdout.isTTY ? process.stdout.columns : null,
  interactive: process.stderr.isTTY === true,
  sleep: (ms) => sleep(ms),
  openBrowser,
})
