import { open, stat, type FileHandle } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Checkpoint } from './checkpoint.ts'
import { createCheckpointChecks } from './checkpoint-checks.ts'
import { bytesToHex } from './encoding.ts'
import { createRawExportParser, type ExportHeader } from './export.ts'
import { genesis } from './format.ts'
import { append, emptyRange, foldPeaks, peaksOf } from './merkle.ts'
import type { Lines } from './line-reader.node.ts'
import { pieces } from './pieces.node.ts'
import { BLOCK, verifySegment, type Segment, type SegmentResult } from './segment.node.ts'
import type { SegmentMessage } from './segment-thread.node.ts'
import type { Verdict } from './verdict.ts'
import { praise } from './verify.ts'
import { believe, verifyExport, type VerifyExportOptions } from './verify-export.ts'

const WINDOW = 1 << 22
/** A file that is read before a second thread has started. */
const SMALL = 1 << 23

// Beside this file under either extension: here as TypeScript, in the published package as JavaScript.
const THREAD = new URL(`./segment-thread.node${extname(import.meta.url)}`, import.meta.url)

/**
 * `threads`: 2 unless told, or 1 on a machine of one core, and 1 for small files; each holds about 40 MB. One is the caller's own, which it
 * holds for as long as it takes, and the quickest on a busy machine; more leave the caller's free.
 */
export type VerifyFileOptions = VerifyExportOptions & { threads?: number }

/**
 * As `verifyExport`, of a file, faster and on several cores: lines of the shape we write are read by WebAssembly, and since each entry
 * stores its link, ranges are verified apart and joined at their borders. Only a whole ledger is proved so; on any doubt the file is
 * read again from its start, by `verifyExport`, which names the first bad entry. Throws what opening and reading the file throws.
 */
export async function verifyFile(path: string, options: VerifyFileOptions = {}): Promise<Verdict> {
  // What cannot be read twice, as a pipe, is read once.
  const verdict = (await stat(path)).isFile() ? await prove(path, options) : null
  return verdict ?? verifyExport(pieces(path), options)
}

/** Null on any doubt. */
async function prove(path: string, options: VerifyFileOptions): Promise<Verdict | null> {
  const plan = await planSegments(path, options.threads ?? Math.min(2, availableParallelism()))
  if (!plan || (options.org !== undefined && options.org !== plan.header.org)) return null
  const checkpoints = await Promise.all((options.checkpoints ?? []).map((note) => believe(note, options.vkeys, 'A checkpoint')))
  if (!checkpoints.every((checkpoint) => typeof checkpoint !== 'string')) return null
  const sizes = checkpoints.map(({ size }) => size).sort((a, b) => a - b)
  const results = await verifySegments(plan, sizes, options)
  return join(plan.header, results, checkpoints, options.vkeys)
}

type Plan = { header: ExportHeader; segments: Lines[] }

/** Null for a header that cannot be read. */
async function planSegments(path: string, threads: number): Promise<Plan | null> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const beginning = await read(file, 0, 1024)
    const line = beginning.indexOf('\n') + 1
    const header = line === 0 ? null : parseHeader(beginning.slice(0, line))
    if (!header) return null
    const borders = [{ start: line, from: header.from }]
    for (let i = 1; size >= SMALL && i < threads; i++) {
      const border = await findBorder(file, Math.floor((size * i) / threads))
      if (border && border.from > borders.at(-1)!.from && border.from < header.to) borders.push(border)
    }
    const segments = borders.map(({ start, from }, index) => {
      const next = borders[index + 1] ?? { start: size, from: header.to }
      return { path, org: header.org, start, end: next.start, from, to: next.from }
    })
    return { header, segments }
  } finally {
    await file.close()
  }
}

function parseHeader(line: string): ExportHeader | null {
  const headers: ExportHeader[] = []
  const parser = createRawExportParser({
    header: (header) => void headers.push(header),
    entry: () => false,
    checkpoint: () => undefined,
  })
  try {
    parser.push(new TextEncoder().encode(line))
  } catch {
    return null // verifyExport says what is wrong with it.
  }
  return headers[0] ?? null
}

/** The first line after `offset` whose entry begins a block. */
async function findBorder(file: FileHandle, offset: number): Promise<{ start: number; from: number } | null> {
  const text = await read(file, offset, WINDOW)
  for (const match of text.matchAll(/\n\{"seq":([0-9]{1,15}),/g)) {
    if (Number(match[1]) % BLOCK === 0) return { start: offset + match.index + 1, from: Number(match[1]) }
  }
  return null
}

/** One character a byte, so that positions in the text are positions in the file. */
async function read(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position })
  return buffer.toString('latin1', 0, bytesRead)
}

async function verifySegments(
  { header: { from, to }, segments }: Plan,
  sizes: number[],
  { onProgress, progressEvery = 10_000 }: VerifyExportOptions,
): Promise<SegmentResult[]> {
  const done = segments.map(() => 0)
  const run = segments.length > 1 ? runApart : runHere
  return Promise.all(
    segments.map((lines, index) => {
      const within = sizes.filter((size) => size > lines.from && size <= lines.to)
      return run({ ...lines, sizes: within, progressEvery }, (entries) => {
        done[index] = entries
        onProgress?.({ entries: done.reduce((sum, count) => sum + count), total: to - from })
      })
    }),
  )
}

async function runHere(segment: Segment, onProgress: (entries: number) => void): Promise<SegmentResult> {
  try {
    return verifySegment(segment, onProgress)
  } catch {
    return { ok: false } // Whatever it was, it comes up again where the file is read again.
  }
}

function runApart(segment: Segment, onProgress: (entries: number) => void): Promise<SegmentResult> {
  return new Promise((resolve) => {
    const limits = { maxYoungGenerationSizeMb: 8 }
    const worker = new Worker(THREAD, { workerData: segment, resourceLimits: limits })
    worker.on('message', (message: SegmentMessage) => {
      if ('entries' in message) onProgress(message.entries)
      else resolve(message.result)
    })
    worker.on('error', () => resolve({ ok: false }))
    worker.on('exit', () => resolve({ ok: false }))
  })
}

/** Null unless every segment is whole, follows the one before it, and every checkpoint agrees. */
async function join(
  header: ExportHeader,
  results: SegmentResult[],
  checkpoints: Checkpoint[],
  vkeys: readonly string[] | undefined,
): Promise<Verdict | null> {
  const { org, from, to } = header
  const checks = createCheckpointChecks(org, from, checkpoints)
  const blocks = emptyRange()
  const first = results[0]
  let at = 0
  let head = from === 0 ? genesis(org) : (checks.headAt(from) ?? (first?.ok ? first.prev : ''))
  let root = from === 0 ? foldPeaks([]) : null
  let note: string | null = null
  const agrees = (size: number) => checks.at(size, head, () => root) === null
  if (checks.invalid || !agrees(from)) return null
  for (const result of results) {
    // A checkpoint that is not the file's last line.
    if (note !== null) return null
    if (!result.ok || result.prev !== head || result.at < at) return null
    let added = 0
    for (const state of result.states) {
      for (; added < state.blocks; added++) append(blocks, result.blocks[added]!)
      head = state.head
      at = state.at
      if (from === 0) root = foldPeaks([...peaksOf(blocks), ...state.peaks])
      if (!agrees(state.size)) return null
    }
    note = result.note
  }
  if (note !== null) {
    const last = await believe(note, vkeys, 'The checkpoint at the end')
    if (typeof last === 'string' || checks.addLast(last, to) || !agrees(to)) return null
  }
  if (checks.nextSize !== -1) return null
  const message = praise(from, to - from, checks.agreed.length)
  return { ok: true, org, from, entries: to - from, head, root: root && bytesToHex(root), checkpoints: checks.agreed, message }
}
