import { bytesToHex } from './encoding.ts'
import { LedgerError } from './errors.ts'
import { createLineBuffer, readEntryLine, type LineBuffer } from './export-line.ts'
import { FORMAT, rawEntry, type Entry, type RawEntry } from './format.ts'

/** First line of an export. Half-open: entries `from` to `to` − 1; none when both are equal. */
export type ExportHeader = { format: typeof FORMAT; org: string; from: number; to: number }

export type ExportHandlers = {
  header(header: ExportHeader): void
  /** Answer false to stop: `push` then answers false and reads no more. */
  entry(entry: Entry): boolean | void
  checkpoint(note: string): void
}
/** As `ExportHandlers`, without making strings; the entry is overwritten by the next one. */
export type RawExportHandlers = Omit<ExportHandlers, 'entry'> & { entry(entry: RawEntry): boolean | void }

export type ExportParser = {
  /** Any cut of the file's bytes. Answers false once a handler stopped. Throws `malformed_export` with the line's number. */
  push(chunk: Uint8Array): boolean
  /** Throws `truncated_export` when the file breaks off inside a line or has no header. */
  end(): void
}

const SLICE = 1 << 16
const NEWLINE = 0x0a
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function headerLine(header: Omit<ExportHeader, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, org: header.org, from: header.from, to: header.to })}\n`
}

/** Keys in this order and no spaces: readers may rely on JSON only, but ours is fastest on exactly this. */
export function entryLine(entry: Entry): string {
  const { seq, at, prev, hash, body } = entry
  return `{"seq":${seq},"at":"${at}","prev":"${prev}","hash":"${hash}","body":${JSON.stringify(body)}}\n`
}

export function checkpointLine(note: string): string {
  return `${JSON.stringify({ checkpoint: note })}\n`
}

export function createExportParser(handlers: ExportHandlers, limits: { maxLineBytes?: number } = {}): ExportParser {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const text = (raw: RawEntry) => {
    try {
      return utf8.decode(raw.body)
    } catch (cause) {
      throw new LedgerError('malformed_export', `the body of entry ${raw.seq} is not UTF-8`, { cause })
    }
  }
  const entry = (raw: RawEntry) => {
    const { seq, at, prev, hash } = raw
    return handlers.entry({ seq, at: String(at), prev: bytesToHex(prev), hash: bytesToHex(hash), body: text(raw) })
  }
  return createRawExportParser({ ...handlers, entry }, limits)
}

export function createRawExportParser(handlers: RawExportHandlers, limits: { maxLineBytes?: number } = {}): ExportParser {
  const maxLineBytes = limits.maxLineBytes ?? 1 << 24
  const reader = createLineReader(handlers, maxLineBytes)
  let buffer = new Uint8Array(2 * SLICE)
  let start = 0
  let end = 0

  const reserve = (bytes: number) => {
    if (end + bytes <= buffer.length) return
    const kept = buffer.subarray(start, end)
    const next = kept.length + bytes > buffer.length ? new Uint8Array(2 * (kept.length + bytes)) : buffer
    next.set(kept)
    buffer = next
    end -= start
    start = 0
  }
  const take = (piece: Uint8Array): boolean => {
    reserve(piece.length)
    buffer.set(piece, end)
    end += piece.length
    // Only the new bytes can hold a newline: what was kept has none.
    const whole = end - piece.length + piece.lastIndexOf(NEWLINE) + 1
    if (whole > end - piece.length) {
      while (start < whole) {
        start = reader.next(buffer, start, whole)
        if (start < 0) return false
      }
    }
    if (end - start > maxLineBytes) throw reader.tooLong()
    return true
  }
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; at += SLICE) if (!take(chunk.subarray(at, at + SLICE))) return false
      return true
    },
    end() {
      if (end > start) reader.last(buffer.slice(start, end))
      reader.finish()
    },
  }
}

type LineReader = {
  /** Reads the line at `from`, whose newline is before `end`. Answers where the next starts, or −1 to stop. */
  next(bytes: Uint8Array, from: number, end: number): number
  /** Reads what is left at the end of the file, without a newline. */
  last(bytes: Uint8Array): void
  finish(): void
  tooLong(): LedgerError
}

function createLineReader(handlers: RawExportHandlers, maxLineBytes: number): LineReader {
  const buffer = createLineBuffer()
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let line = 0
  let place: 'header' | 'entries' | 'after' = 'header'

  const error = (message: string, cause?: unknown) =>
    new LedgerError('malformed_export', `line ${line}: ${message}`, { line, cause })
  const parse = (bytes: Uint8Array, from: number, to: number): unknown => {
    try {
      return JSON.parse(utf8.decode(bytes.subarray(from, to)))
    } catch (cause) {
      throw error('it is not JSON in UTF-8', cause)
    }
  }
  const readSlowly = (value: unknown): boolean => {
    if (place === 'header') {
      handlers.header(asHeader(value) ?? refuse('it is not the header of an export in format HFL1'))
      place = 'entries'
      return true
    }
    const note = asCheckpoint(value)
    if (note !== null) {
      place = 'after'
      handlers.checkpoint(note)
      return true
    }
    return handlers.entry(asEntry(value, buffer) ?? refuse('it is not a ledger entry')) !== false
  }
  const refuse = (message: string): never => {
    throw error(message)
  }
  const read = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (place === 'after') refuse('nothing may follow the checkpoint')
    if (to - from > maxLineBytes) refuse('it is too long')
    return readSlowly(parse(bytes, from, to))
  }
  const truncated = (message: string) => new LedgerError('truncated_export', message, { line })
  return {
    next(bytes, from, end) {
      line++
      const after = place === 'entries' ? readEntryLine(bytes, from, end, buffer) : -1
      if (after > 0) return handlers.entry(buffer.entry) === false ? -1 : after
      const newline = bytes.indexOf(NEWLINE, from)
      return read(bytes, from, newline) ? newline + 1 : -1
    },
    last(bytes) {
      line++
      if (bytes.at(-1) !== 0x7d) throw truncated(`the file breaks off in line ${line}`)
      read(bytes, 0, bytes.length)
    },
    finish() {
      if (place === 'header') throw truncated('the file is empty')
    },
    tooLong() {
      line++
      return error('it is too long')
    },
  }
}

function record(value: unknown, keys: string): Record<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== keys) return null
  return value as Record<string, unknown>
}

function asHeader(value: unknown): ExportHeader | null {
  const header = record(value, 'format,from,org,to')
  if (!header || header.format !== FORMAT || typeof header.org !== 'string' || !UUID.test(header.org)) return null
  const { from, to, org } = header
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return null
  return (from as number) >= 0 && (from as number) <= (to as number)
    ? { format: FORMAT, org, from: from as number, to: to as number }
    : null
}

function asCheckpoint(value: unknown): string | null {
  const note = record(value, 'checkpoint')?.checkpoint
  return typeof note === 'string' ? note : null
}

function asEntry(value: unknown, buffer: LineBuffer): RawEntry | null {
  const fields = record(value, 'at,body,hash,prev,seq')
  if (!fields) return null
  const { seq, at, prev, hash, body } = fields
  if (typeof seq !== 'number' || [at, prev, hash, body].some((field) => typeof field !== 'string')) return null
  try {
    return Object.assign(buffer.entry, rawEntry({ seq, at, prev, hash, body } as Entry))
  } catch (cause) {
    if (cause instanceof LedgerError) return null
    throw cause
  }
}
