import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'

/** Everything outside of the program that a command touches, so that a test can stand in for it. */
export interface Io {
  env: Record<string, string | undefined>
  stdin: Readable
  /** Data: what a pipe should get. */
  stdout: Writable
  /** Remarks: progress, notes, refusals. */
  stderr: Writable
  /** Width of the terminal behind stdout; null when it is a file or a pipe. */
  columns: number | null
  /** A person watches stderr. */
  interactive: boolean
  /** Sooner where the signal comes; never rejects. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Shows a page in the person's browser; never fails. */
  openBrowser: (url: string) => void
  /** Asks at the terminal, whatever stdin is; null where there is no terminal. Throws {@link Interrupted} at Ctrl-C. */
  ask: ((question: string, how?: { hidden?: boolean }) => Promise<string>) | null
  /** Tells of SIGINT, SIGTERM and SIGHUP, which meanwhile do not end the process. Returns how to stop that. */
  onSignal: (heard: (signal: NodeJS.Signals) => void) => () => void
  /** Runs a program with our terminal. Its exit code; 128 + n after signal n. Rejects when it cannot be started. */
  hand: (file: string, args: readonly string[], env: Record<string, string | undefined>) => Promise<number>
}

/** 0 done, 1 refused or failed, 2 wrong usage, 3 the server cannot be reached or is unavailable. `ssh` also passes on those of the real ssh. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unavailable: 3 } as const

/** Called in a way that cannot work: exit 2. The message says what to do and holds no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command ended without success and has said why on stdout: exit 1. */
export class Failed extends Error {
  override readonly name = 'Failed'
}

/** The server did not answer, or not as Holdfast: exit 3. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** Ended by a signal: exit 128 + its number, without a word more. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly code: number
  constructor(signal: NodeJS.Signals) {
    super(signal)
    this.code = 128 + constants.signals[signal]
  }
}

/** A program that we ran for the person ended with another code than 0, which becomes ours. */
export class Ended extends Error {
  override readonly name = 'Ended'
  readonly code: number
  constructor(code: number) {
    super(`ended with ${code}`)
    this.code = code
  }
}

export const say = (io: Io, line: string): void => {
  io.stderr.write(`${line}\n`)
}

const readAll = async (io: Io): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

const stdinOf = new WeakMap<Io, Promise<Buffer>>()

/** All of stdin. It is read once: a second flag that asks for it gets the same bytes. */
export const readStdin = (io: Io): Promise<Buffer> => {
  const reading = stdinOf.get(io) ?? readAll(io)
  stdinOf.set(io, reading)
  return reading
}
