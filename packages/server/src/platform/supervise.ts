import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Supervised {
  /** The port the process announced. */
  port: number
  /** SIGTERM, then SIGKILL after `graceMs`. */
  stop: (graceMs?: number) => Promise<void>
}

export interface SuperviseOptions {
  name: string
  /** The module to run. */
  module: string
  env: NodeJS.ProcessEnv
  onLine: (line: string) => void
  /** Called when the process ended without being asked to; it is started again with the same port, until it is ready. */
  onCrash: (code: number | null, signal: NodeJS.Signals | null) => void
  portVariable: string
  readyMs?: number
}

const firstPauseMs = 500
const maxPauseMs = 5_000

const parentWatch = fileURLToPath(new URL('./parent-watch.ts', import.meta.url))

/** Waits for the line `{"listening": PORT}` on standard output; everything else goes to `onLine`. */
const listening = (child: ChildProcess, { name, onLine, readyMs = 30_000 }: SuperviseOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} did not become ready in ${readyMs / 1000} s`)), readyMs)
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const port = /^\{"listening":\s*(\d+)/.exec(line)?.[1]
        if (port === undefined) onLine(line)
        else {
          clearTimeout(timer)
          resolve(Number(port))
        }
      }
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      reject(new Error(`${name} stopped before it was ready (${signal ?? code})`))
    })
  })

/**
 * Runs a module in a process of its own group, so that Ctrl-C reaches only us and we stop the parts in order. The child watches its
 * standard input and ends when we are gone, however we went.
 */
export const supervise = async (options: SuperviseOptions): Promise<Supervised> => {
  let stopping = false
  let child: ChildProcess
  let fixedPort: number | null = null
  const launch = async (): Promise<number> => {
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', parentWatch, options.module], {
      env: { ...options.env, ...(fixedPort !== null && { [options.portVariable]: String(fixedPort) }) },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    child = started
    child.stderr?.setEncoding('utf8').on('data', (text: string) => text.split('\n').filter(Boolean).forEach(options.onLine))
    const port = await listening(started, options).catch((error: unknown) => {
      started.kill('SIGKILL') // one that is only slow would keep the next from its port
      throw error
    })
    started.once('exit', (code, signal) => {
      if (stopping) return
      options.onCrash(code, signal)
      relaunch(firstPauseMs)
    })
    return port
  }
  /** What it needs may be down as well, and come back later than it. */
  const relaunch = (pauseMs: number): void => {
    setTimeout(() => {
      if (!stopping) launch().catch(() => relaunch(Math.min(pauseMs * 2, maxPauseMs)))
    }, pauseMs)
  }
  const port = await launch()
  fixedPort = port
  return {
    port,
    stop: async (graceMs = 10_000) => {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return // also between two starts
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await gone
      clearTimeout(timer)
    },
  }
}
