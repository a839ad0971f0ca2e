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
  /** Answers to questions at the terminal, in their order; without it there is no terminal. */
  answers?: readonly (string | Error)[]
  /** Stands in for programs that get our terminal; answers with their exit code. */
  onHand?: (file: string, args: readonly string[], env: Record<string, string | undefined>) => number | Promise<number>
}

export interface Outcome {
  code: number
  stdout: string
  stderr: string
  waits: number[]
  opened: string[]
  /** The questions that were asked. */
  questions: string[]
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

const signals = new Set<(signal: NodeJS.Signals) => void>()

/** What the terminal does when somebody presses Ctrl-C, or another program ends ours. */
export const sendSignal = (signal: NodeJS.Signals): void => {
  for (const heard of [...signals]) heard(signal)
}

/** Runs one command line in this process, with a terminal, an environment and a clock of its own. */
export const holdfast = async (argv: readonly string[], setting: Setting = {}): Promise<Outcome> => {
  const stdout = collecting()
  const stderr = collecting()
  const waits: number[] = []
  const opened: string[] = []
  const questions: string[] = []
  const answers = setting.answers && [...setting.answers]
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
    ask:
      answers === undefined
        ? null
        : async (question) => {
            questions.push(question)
            const answer = answers.shift() ?? new Error(`nobody answers ${question}`)
            if (answer instanceof Error) throw answer
            return answer
          },
    onSignal: (heard) => {
      signals.add(heard)
      return () => signals.delete(heard)
    },
    hand: async (file, args, env) => (await setting.onHand?.(file, args, env)) ?? 0,
  }
  const code = await run(argv, io)
  return { code, stdout: stdout.text(), stderr: stderr.text(), waits, opened, questions }
}
