import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { operations } from '@holdfast/contract'
import { connect } from './call.ts'
import { createWatch } from './export-watch.ts'
import { fileTrouble } from './file-trouble.ts'
import { Failed, say, Unavailable, UsageError, type Io } from './io.ts'
import { count, createProgress } from './progress.ts'
import type { ServerOptions } from './server.ts'

export interface ExportOptions extends ServerOptions {
  out: string
  from?: string
  to?: string
}

type Watch = ReturnType<typeof createWatch>

/** Copies the bytes as they are and keeps the person informed. */
const copy = async (io: Io, body: ReadableStream<Uint8Array>, sink: Writable): Promise<Watch> => {
  const watch = createWatch()
  const progress = createProgress(io)
  const line = (): string => {
    const { header } = watch.passing
    return `${count(watch.entries())} of ${header ? count(header.to - header.from) : '…'} entries`
  }
  const watched = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      watch.push(chunk)
      progress.show(line)
      yield chunk
    }
  }
  try {
    await pipeline(Readable.fromWeb(body), watched, sink, { end: sink !== io.stdout })
  } finally {
    progress.clear()
  }
  if (!watch.passing.header) throw new Unavailable('the server sent something else than an export; nothing was kept')
  return watch
}

/** Says why a download ended early. Whatever it wrote is gone by then. */
const interrupted = (error: unknown): Error => {
  if (error instanceof Unavailable) return error
  const { message, syscall } = error as NodeJS.ErrnoException
  const onDisk = syscall === 'open' || syscall === 'write' || syscall === 'rename'
  if (onDisk) return new Failed(`cannot write the export: ${fileTrouble(error)}; nothing was kept`, { cause: error })
  return new Unavailable(`the connection ended in the middle (${message}); nothing was kept`, { cause: error })
}

const summary = (file: string, { passing: { header, checkpoint }, entries }: Watch): string => {
  const announced = header ? header.to - header.from : 0
  const kept = `Wrote ${count(entries())} entries of organisation ${header?.org ?? '?'} to ${file}`
  const short = entries() === announced ? '' : `\nThe server announced ${count(announced)}: verify the file to see what is wrong.`
  return `${kept}${checkpoint ? ' with a signed checkpoint' : ', without a checkpoint'}.${short}\nVerify it anywhere: holdfast ledger verify ${file}`
}

const openExport = async (io: Io, options: ExportOptions): Promise<ReadableStream<Uint8Array>> => {
  const input = { ...(options.from !== undefined && { from: options.from }), ...(options.to !== undefined && { to: options.to }) }
  if (!operations.ledger.export.input.safeParse(input).success)
    throw new UsageError('--from and --to are entry numbers, 0 or greater')
  const connection = await connect(io, options)
  const { body } = await connection.open(operations.ledger.export, input)
  if (!body) throw new Unavailable('the server sent nothing')
  return body
}

/** `ledger export`: the chain as the server streams it, whole or not at all. Only the owner of the file may read it. */
export const exportLedger = async (io: Io, options: ExportOptions): Promise<void> => {
  const body = await openExport(io, options)
  const part = `${options.out}.${randomBytes(6).toString('hex')}.part`
  const toStdout = options.out === '-'
  try {
    const watch = await copy(io, body, toStdout ? io.stdout : createWriteStream(part, { mode: 0o600, flags: 'wx' }))
    if (toStdout) return
    await rename(part, options.out)
    say(io, summary(options.out, watch))
  } catch (error) {
    await rm(part, { force: true })
    throw interrupted(error)
  }
}
