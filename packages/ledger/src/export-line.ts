import { HEX_VALUE } from './encoding.ts'
import type { RawEntry } from './format.ts'

/** A reused entry: `body` is a view that the next line overwrites. */
export type LineBuffer = { entry: RawEntry; scratch: Uint8Array }

const ascii = (text: string) => new TextEncoder().encode(text)
const SEQ = ascii('{"seq":')
const AT = ascii(',"at":"')
const PREV = ascii('","prev":"')
const HASH = ascii('","hash":"')
const BODY = ascii('","body":"')

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACE = 0x7d
const SLASH = 0x2f
const NEWLINE = 0x0a

export function createLineBuffer(): LineBuffer {
  const empty = new Uint8Array(0)
  return {
    entry: { seq: 0, at: 0, prev: new Uint8Array(32), hash: new Uint8Array(32), body: empty },
    scratch: new Uint8Array(1 << 12),
  }
}

/**
 * Reads a line of exactly the shape this package writes, from `from`. `end` is where the last whole line in `bytes` ends (just after
 * its newline). Answers where the next line starts, or −1 for every other shape, which JSON.parse then judges. It exists for speed:
 * JSON.parse of a line costs twice the hashing of its entry.
 */
export function readEntryLine(bytes: Uint8Array, from: number, end: number, line: LineBuffer): number {
  const { entry } = line
  // No fixed part below reads past a newline: that byte matches nothing.
  if (!matches(bytes, from, SEQ)) return -1
  const seqEnd = digitsEnd(bytes, from + SEQ.length)
  entry.seq = digits(bytes, from + SEQ.length, seqEnd)
  if (entry.seq < 0 || !matches(bytes, seqEnd, AT)) return -1
  const atEnd = digitsEnd(bytes, seqEnd + AT.length)
  entry.at = digits(bytes, seqEnd + AT.length, atEnd)
  if (entry.at < 0 || !matches(bytes, atEnd, PREV)) return -1
  const prev = atEnd + PREV.length
  if (!hash(bytes, prev, entry.prev) || !matches(bytes, prev + 64, HASH)) return -1
  const own = prev + 64 + HASH.length
  if (!hash(bytes, own, entry.hash) || !matches(bytes, own + 64, BODY)) return -1
  const bodyEnd = unescape(bytes, own + 64 + BODY.length, end, line)
  // The closing quote, brace and newline.
  return bodyEnd > 0 && bytes[bodyEnd + 1] === BRACE && bytes[bodyEnd + 2] === NEWLINE ? bodyEnd + 3 : -1
}

function matches(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

function digitsEnd(bytes: Uint8Array, at: number): number {
  let end = at
  while (bytes[end]! >= 0x30 && bytes[end]! <= 0x39) end++
  return end
}

/** −1 for no digits, a leading zero, or more than a safe integer holds. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || to - from > 16 || (bytes[from] === 0x30 && to - from > 1)) return -1
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + bytes[i]! - 0x30
  return value <= Number.MAX_SAFE_INTEGER ? value : -1
}

function hash(bytes: Uint8Array, at: number, out: Uint8Array): boolean {
  let bad = 0
  for (let i = 0; i < 32; i++) {
    const high = HEX_VALUE[bytes[at + 2 * i]!]!
    const low = HEX_VALUE[bytes[at + 2 * i + 1]!]!
    bad |= high | low
    out[i] = (high << 4) | low
  }
  return bad < 16
}

/**
 * Unescapes a JSON string into the line's body and answers where its closing quote stands, or −1 where it holds an escape other than
 * \" \\ \/ or what a JSON string may not hold, such as a newline.
 */
function unescape(bytes: Uint8Array, from: number, end: number, line: LineBuffer): number {
  let out = line.scratch
  let length = 0
  for (let at = from; at < end; at++) {
    let byte = bytes[at]!
    if (byte === BACKSLASH) {
      byte = bytes[++at]!
      if (byte !== QUOTE && byte !== BACKSLASH && byte !== SLASH) return -1
    } else if (byte < 0x23) {
      if (byte === QUOTE) {
        line.entry.body = out.subarray(0, length)
        return at
      }
      if (byte < 0x20) return -1
    }
    if (length === out.length) out = grow(line)
    out[length++] = byte
  }
  return -1
}

function grow(line: LineBuffer): Uint8Array {
  const larger = new Uint8Array(2 * line.scratch.length)
  larger.set(line.scratch)
  return (line.scratch = larger)
}
