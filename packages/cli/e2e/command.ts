import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

export interface Setting {
  env?: Record<string, string>
  /** Called with everything on stderr so far, whenever there is more. */
  onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

/** The command as a process of its own, without any terminal, so that nothing is asked whoever runs the tests. */
export const holdfast = (argv: readonly string[], { env = {}, onStderr }: Setting = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const own = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, XDG_CONFIG_HOME: '/nonexistent' }
    const child = spawn(process.execPath, [bin, ...argv], {
      env: { ...own, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      onStderr?.(stderr, (signal) => child.kill(signal))
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
