import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Download } from '@holdfast/contract'
import { connect } from './call.ts'
import { fileTrouble } from './file-trouble.ts'
import type { Flag } from './flags.ts'
import { collectInput } from './input.ts'
import { Failed, say, Unavailable, type Io } from './io.ts'
import type { OperationOptions } from './operation-command.ts'

const failureOf = (error: unknown): Error => {
  const { message, syscall } = error as NodeJS.ErrnoException
  if (syscall === 'open' || syscall === 'write' || syscall === 'rename')
    return new Failed(`cannot write the file: ${fileTrouble(error)}; nothing was kept`, { cause: error })
  return new Unavailable(`the connection ended in the middle (${message}); nothing was kept`, { cause: error })
}

/** Writes what the server streams to `--out`, whole or not at all and for its owner only; without it to stdout. */
export const runDownload = async (
  io: Io,
  operation: Download,
  flags: readonly Flag[],
  options: OperationOptions,
): Promise<void> => {
  const input = await collectInput(io, operation, flags, options, options.input)
  const { body } = await (await connect(io, options)).open(operation, input)
  if (!body) throw new Unavailable('the server sent nothing')
  const { out = '-' } = options
  const part = `${out}.${randomBytes(6).toString('hex')}.part`
  const sink = out === '-' ? io.stdout : createWriteStream(part, { mode: 0o600, flags: 'wx' })
  try {
    await pipeline(Readable.fromWeb(body), sink, { end: out !== '-' })
    if (out === '-') return
    await rename(part, out)
    say(io, `Wrote ${out}.`)
  } catch (error) {
    await rm(part, { force: true })
    throw failureOf(error)
  }
}
