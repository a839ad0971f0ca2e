import { writeFile } from 'node:fs/promises'
import type { Operation } from '@holdfast/contract'
import { connect, type Connection } from './call.ts'
import { fileTrouble } from './file-trouble.ts'
import type { Flag } from './flags.ts'
import { collectInput } from './input.ts'
import { Failed, say, type Io } from './io.ts'
import { render } from './print.ts'
import type { ServerOptions } from './server.ts'

export interface OperationOptions extends ServerOptions, Record<string, unknown> {
  json?: true
  all?: true
  input?: string
  out?: string
}

interface Page {
  rows: unknown[]
  next: string | null
}
const isPage = (value: unknown): value is Page =>
  typeof value === 'object' && value !== null && 'rows' in value && 'next' in value

/** Every row of a list, page by page. */
const everyPage = async (connection: Connection, operation: Operation, input: Record<string, unknown>): Promise<unknown> => {
  const rows: unknown[] = []
  const seen = new Set<string>()
  for (let after = input.after as string | undefined; ;) {
    const { value } = await connection.call(operation, { limit: 100, ...input, after })
    if (!isPage(value)) return value
    rows.push(...value.rows)
    if (value.next === null) return { ...value, rows }
    // A cursor that comes again would go round for ever.
    if (seen.has(value.next)) throw new Failed('the server repeats a page; the list is not complete')
    seen.add(value.next)
    after = value.next
  }
}

/** The content of a policy version as a file: text as it is, a PDF decoded. */
const saveContent = async (io: Io, file: string, value: unknown): Promise<void> => {
  const { content, version } = value as { content: string; version: { format: string } }
  try {
    await writeFile(file, version.format === 'pdf' ? Buffer.from(content, 'base64') : content)
  } catch (error) {
    throw new Failed(`cannot write ${file}: ${fileTrouble(error)}`, { cause: error })
  }
  say(io, `Wrote ${file}.`)
}

/** Calls an operation and prints its answer: exactly, with `--json`; else for people. */
export const runOperation = async (
  io: Io,
  operation: Operation,
  flags: readonly Flag[],
  options: OperationOptions,
): Promise<void> => {
  const input = await collectInput(io, operation, flags, options, options.input)
  const connection = await connect(io, options)
  if (options.all) {
    const value = await everyPage(connection, operation, input)
    return print(io, value, options)
  }
  const { value, ledgerSeq } = await connection.call(operation, input)
  if (options.out !== undefined) await saveContent(io, options.out, value)
  else print(io, value, options)
  if (ledgerSeq !== null) say(io, `Recorded as #${ledgerSeq}.`)
  if (isPage(value) && value.next !== null && !options.json) say(io, `There is more: --after ${value.next}, or --all.`)
}

const print = (io: Io, value: unknown, { json }: OperationOptions): void => {
  io.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : render(value, io.columns))
}
