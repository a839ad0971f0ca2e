import { parseCheckpoint, verifyCheckpoint, type Checkpoint } from './checkpoint.ts'
import { LedgerError } from './errors.ts'
import { createRawExportParser, type ExportHeader } from './export.ts'
import { failure, type Verdict } from './verdict.ts'
import { createVerifier, type Verifier } from './verify.ts'

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>

/**
 * `org`: the organisation expected. `checkpoints`: signed notes held outside. `vkeys`: trusted keys; when given, every checkpoint held
 * outside must carry a signature of one; when absent, the notes are believed as they were given. The export's own checkpoint is
 * compared as well, and must be signed by a trusted key too where keys are given.
 */
export type VerifyExportOptions = {
  org?: string
  checkpoints?: readonly string[]
  vkeys?: readonly string[]
  onProgress?: (progress: { entries: number; total: number }) => void
  progressEvery?: number
}

/** Verifies an export as it streams by. Every fault of the file is a verdict; it throws only what reading `chunks` throws. */
export async function verifyExport(chunks: Chunks, options: VerifyExportOptions = {}): Promise<Verdict> {
  const outside: Checkpoint[] = []
  for (const note of options.checkpoints ?? []) {
    const checked = await believe(note, options.vkeys, 'A checkpoint held outside')
    if (typeof checked === 'string') return { ok: false, entries: 0, ...failure('checkpoint_invalid', 0, checked) }
    outside.push(checked)
  }
  const run = createRun(options, outside)
  try {
    for await (const chunk of iterate(chunks)) if (!run.parser.push(chunk)) break
    if (!run.stopped()) run.parser.end()
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    return run.unreadable(error)
  }
  const note = run.note()
  if (note === null) return run.finish()
  const last = await believe(note, options.vkeys, 'The checkpoint at the end of the export')
  return typeof last === 'string' ? run.unbelievable(last) : run.finish(last)
}

type Run = {
  parser: ReturnType<typeof createRawExportParser>
  stopped(): boolean
  note(): string | null
  unreadable(error: LedgerError): Verdict
  unbelievable(message: string): Verdict
  finish(last?: Checkpoint): Verdict
}

function createRun(options: VerifyExportOptions, checkpoints: readonly Checkpoint[]): Run {
  let verifier: Verifier | null = null
  let foreign: Verdict | null = null
  let note: string | null = null
  let stopped = false
  const header = ({ org, from, to }: ExportHeader) => {
    if (options.org !== undefined && options.org !== org) {
      const message = `Entry ${from} and all others belong to organisation ${org}, not to ${options.org}.`
      foreign = { ok: false, entries: 0, ...failure('link_broken', from, message) }
    }
    const { onProgress, progressEvery = 10_000 } = options
    verifier = createVerifier({
      org,
      from,
      to,
      checkpoints,
      progressEvery,
      ...(onProgress && { onProgress: (entries) => onProgress({ entries, total: to - from }) }),
    })
  }
  const parser = createRawExportParser({
    header,
    entry: (entry) => {
      stopped = foreign !== null || !verifier!.pushRaw(entry)
      return !stopped
    },
    checkpoint: (text) => {
      note = text
    },
  })
  const finish = (last?: Checkpoint) => foreign ?? verifier!.finish(last)
  return {
    parser,
    finish,
    stopped: () => stopped,
    note: () => note,
    unreadable(error) {
      const kind = error.code === 'truncated_export' ? 'truncated' : 'malformed'
      if (!verifier) return { ok: false, entries: 0, ...failure(kind, 0, `Nothing up to entry 0 can be read: ${error.message}.`) }
      verifier.fail(kind, `Entry ${verifier.position} cannot be read: ${error.message}.`)
      return finish()
    },
    unbelievable(message) {
      const verdict = finish()
      return verdict.ok
        ? { ok: false, entries: verdict.entries, ...failure('checkpoint_invalid', verifier!.position, message) }
        : verdict
    },
  }
}

/** The checkpoint, or a sentence saying why it cannot be believed. */
export async function believe(note: string, vkeys: readonly string[] | undefined, name: string): Promise<Checkpoint | string> {
  try {
    return vkeys ? (await verifyCheckpoint(note, vkeys)).checkpoint : parseCheckpoint(note)
  } catch (error) {
    if (error instanceof LedgerError) return `${name} cannot be believed, so no entry was judged by it: ${error.message}.`
    throw error
  }
}

/** Not every browser iterates over streams. */
async function* iterate(chunks: Chunks): AsyncGenerator<Uint8Array> {
  if (!('getReader' in chunks)) return yield* chunks
  const reader = chunks.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}
