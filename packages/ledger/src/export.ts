import { LedgerError } from './errors.ts'
import { readEntryLine } from './export-line.ts'
import { FORMAT, isHash, rawEntry, type Entry, type RawEntry } from './format.ts'

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

type ParserOptions = { maxLineLength?: number; checkHashes?: boolean }

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

/** `maxLineLength` in characters, 16 Mi unless told. */
export function createExportParser(handlers: ExportHandlers, limits: { maxLineLength?: number } = {}): ExportParser {
  const entry = (raw: RawEntry) => handlers.entry({ ...raw, at: String(raw.at), body: raw.body as string })
  return createRawExportParser({ ...handlers, entry }, { ...limits, checkHashes: true })
}

/** `checkHashes`: see that `prev` and `hash` are hex; a verifier finds out by comparing. */
export function createRawExportParser(handlers: RawExportHandlers, options: ParserOptions = {}): ExportParser {
  const { maxLineLength = 1 << 24, checkHashes = false } = options
  const reader = createLineReader(handlers, { maxLineLength, checkHashes })
  // Whole lines are decoded together; the beginning of one waits here as bytes.
  let buffer = new Uint8Array(2 * SLICE)
  let length = 0

  const keep = (bytes: Uint8Array) => {
    if (length + bytes.length > buffer.length) {
      const larger = new Uint8Array(2 * (length + bytes.length))
      larger.set(buffer.subarray(0, length))
      buffer = larger
    }
    buffer.set(bytes, length)
    length += bytes.length
  }
  const take = (piece: Uint8Array): boolean => {
    const border = piece.lastIndexOf(NEWLINE) + 1
    keep(piece.subarray(0, border || piece.length))
    if (border > 0) {
      const lines = buffer.subarray(0, length)
      length = 0
      if (!reader.lines(lines)) return false
      keep(piece.subarray(border))
    }
    // UTF-8 spends at most three bytes on a UTF-16 unit.
    if (length > 3 * maxLineLength) reader.last(buffer.subarray(0, length))
    return true
  }
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; at += SLICE) if (!take(chunk.subarray(at, at + SLICE))) return false
      return true
    },
    end() {
      if (length > 0) reader.last(buffer.subarray(0, length))
      reader.finish()
    },
  }
}

type LineReader = {
  /** Reads whole lines. Answers false to stop. */
  lines(bytes: Uint8Array): boolean
  /** Reads what is left at the end of the file, without a newline. */
  last(bytes: Uint8Array): void
  finish(): void
}

function createLineReader(handlers: RawExportHandlers, { maxLineLength, checkHashes }: Required<ParserOptions>): LineReader {
  const entry: RawEntry = { seq: 0, at: 0, prev: '', hash: '', body: '' }
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let line = 0
  let place: 'header' | 'entries' | 'after' = 'header'

  const refuse = (message: string, cause?: unknown): never => {
    throw new LedgerError('malformed_export', `line ${line}: ${message}`, { line, cause })
  }
  const truncated = (message: string) => new LedgerError('truncated_export', message, { line })
  const readSlowly = (text: string): boolean => {
    if (text.length > maxLineLength) refuse('it is too long')
    const value = parse(text)
    if (value === undefined) refuse('it is not JSON')
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
    return handlers.entry(asEntry(value) ?? refuse('it is not a ledger entry')) !== false
  }
  const readText = (text: string): boolean => {
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf('\n', from)
      const to = newline < 0 ? text.length : newline
      line++
      if (place === 'after') refuse('nothing may follow the checkpoint')
      const read = place === 'entries' && to - from <= maxLineLength && readEntryLine(text, from, to, entry)
      const whole = read && (!checkHashes || (isHash(entry.prev) && isHash(entry.hash)))
      const more = whole ? handlers.entry(entry) !== false : readSlowly(text.slice(from, to))
      if (!more) return false
      from = to + 1
    }
    return true
  }
  const decode = (bytes: Uint8Array): string | null => {
    try {
      return utf8.decode(bytes)
    } catch {
      return null
    }
  }
  const lines = (bytes: Uint8Array): boolean => {
    const text = decode(bytes)
    if (text !== null) return readText(text)
    // Some line is not UTF-8: those before it still count, and it is named.
    for (let from = 0; from < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, from)
      const to = newline < 0 ? bytes.length : newline
      const single = decode(bytes.subarray(from, to + 1))
      if (single === null) line++
      if (!readText(single ?? refuse('it is not UTF-8'))) return false
      from = to + 1
    }
    return true
  }
  return {
    lines,
    last(bytes) {
      line++
      if (bytes.length > 3 * maxLineLength) refuse('it is too long')
      if (bytes.at(-1) !== 0x7d) throw truncated(`the file breaks off in line ${line}`)
      line--
      lines(bytes)
    },
    finish() {
      if (place === 'header') throw truncated('the file is empty')
    },
  }
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
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

function asEntry(value: unknown): RawEntry | null {
  const fields = record(value, 'at,body,hash,prev,seq')
  if (!fields) return null
  const { seq, at, prev, hash, body } = fields
  if (typeof seq !== 'number' || [at, prev, hash, body].some((field) => typeof field !== 'string')) return null
  try {
    return rawEntry({ seq, at, prev, hash, body } as Entry)
  } catch (cause) {
    if (cause instanceof LedgerError) return null
    throw cause
  }
}
