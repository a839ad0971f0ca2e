import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import type { Io } from '../src/io.ts'
import { run } from '../src/program.ts'

/** A place for a test's files. */
export const scratch = (): string => mkdtempSync(join(tmpdir(), 'holdfast-cli-'))

export interface Setting {
  env?: Record<string, string>
  stdin?: string | Buffer
  columns?: number
  interactive?: boolean
  /** Called at every wait instead of waiting. */
  onSleep?: (ms: number) => void | Promise<void>
}

export interface Outcome {
  code: number
  stdout: string
  stderr: string
  waits: number[]
  opened: string[]
}

const collecting = (): { stream: Writable; text: () => string } => {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}

/** Runs one command line in this process, with a terminal, an environment and a clock of its own. */
export const holdfast = async (argv: readonly string[], setting: Setting = {}): Promise<Outcome> => {
  const stdout = collecting()
  const stderr = collecting()
  const waits: number[] = []
  const opened: string[] = []
  const io: Io = {
    // No test reads the configuration of whoever runs it.
    env: { XDG_CONFIG_HOME: scratch(), HOLDFAST_HOME: '/nonexistent', ...setting.env },
    stdin: Readable.from(setting.stdin === undefined ? [] : [Buffer.from(setting.stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    columns: setting.columns ?? null,
    interactive: setting.interactive ?? false,
    sleep: async (ms) => {
      waits.push(ms)
      await setting.onSleep?.(ms)
    },
    openBrowser: (url) => opened.push(url),
  }
  const code = await run(argv, io)
  return { code, stdout: stdout.text(), stderr: stderr.text(), waits, opened }
}
