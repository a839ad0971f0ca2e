import type { RawEntry } from './format.ts'

const SEQ = '{"seq":'
const AT = ',"at":"'
const PREV = '","prev":"'
const HASH = '","hash":"'
const BODY = '","body":'
const END = '"}'

/**
 * Reads a line of just the shape this package writes, characters [from, to) of `text`, into `entry`. Answers false for every other
 * shape, which JSON.parse of the whole line then judges. It exists for speed: only the body's escapes need a parser. The hashes are
 * taken as they stand, any 64 characters.
 */
export function readEntryLine(text: string, from: number, to: number, entry: RawEntry): boolean {
  const seqAt = from + SEQ.length
  const seqEnd = digitsEnd(text, seqAt)
  const atAt = seqEnd + AT.length
  const atEnd = digitsEnd(text, atAt)
  const prevAt = atEnd + PREV.length
  const hashAt = prevAt + 64 + HASH.length
  const bodyAt = hashAt + 64 + BODY.length
  const shaped =
    bodyAt < to &&
    text.startsWith(SEQ, from) &&
    text.startsWith(AT, seqEnd) &&
    text.startsWith(PREV, atEnd) &&
    text.startsWith(HASH, prevAt + 64) &&
    text.startsWith(BODY, hashAt + 64) &&
    text.startsWith(END, to - END.length)
  if (!shaped) return false
  const body = parseString(text.slice(bodyAt, to - 1))
  entry.seq = digits(text, seqAt, seqEnd)
  entry.at = digits(text, atAt, atEnd)
  if (body === null || entry.seq < 0 || entry.at < 0) return false
  entry.prev = text.slice(prevAt, prevAt + 64)
  entry.hash = text.slice(hashAt, hashAt + 64)
  entry.body = body
  return true
}

function digitsEnd(text: string, at: number): number {
  let end = at
  for (let code = text.charCodeAt(end); code >= 0x30 && code <= 0x39; code = text.charCodeAt(end)) end++
  return end
}

/** −1 for no digits, a leading zero, or more than a safe integer holds. */
function digits(text: string, from: number, to: number): number {
  if (to === from || to - from > 16 || (text.charCodeAt(from) === 0x30 && to - from > 1)) return -1
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + (text.charCodeAt(i) - 0x30)
  return value <= Number.MAX_SAFE_INTEGER ? value : -1
}

/** Null for anything but one JSON string of well-formed Unicode. */
function parseString(json: string): string | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'string' && value.isWellFormed() ? value : null
  } catch {
    return null // The whole line is parsed next, and its error reported.
  }
}
