// AssemblyScript, not TypeScript: `npm run artefacts` compiles it into src/line.wasm.ts (ADR 22). It reads lines of just the shape that
// entryLine of src/export.ts writes. Whatever else it meets, however harmless, is doubt, and the reader of every shape decides.
// All memory is laid out here by hand; JavaScript reads the addresses from the exports. Whoever calls has made sure that [INPUT, INPUT +
// length) is UTF-8 and ends in a newline. Nothing here reads past that newline to decide anything, and nothing accepts one inside a line,
// so no loop needs another bound. Loads and stores of 16 bytes may run over by less than SLACK.

const SLACK: usize = 128

/** 0x00 and the leaf of docs/ledger-format.md, 101 bytes. The first 21, an organisation's, are written from outside. */
export const LEAF: usize = 1024
const LEAF_SEQ: usize = LEAF + 21
const LEAF_AT: usize = LEAF + 29
export const LEAF_PREV: usize = LEAF + 37
export const LEAF_BODY: usize = LEAF + 69
/** The line's `hash`, 32 bytes. The next line's `prev` must be the same. */
export const HASH: usize = 1280
/** Where the file's bytes go, `WINDOW` at most, and with them the longest line. */
export const INPUT: usize = 4096
export const WINDOW: usize = 1 << 22
/** The line's body without its escapes. */
export const BODY: usize = INPUT + WINDOW + SLACK

const DOUBT: i32 = -1

const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1
const NO_NUMBER: u64 = u64.MAX_VALUE

// Text as the number that a load of its bytes gives.
const SEQ: u64 = 0x3a22716573227b // {"seq":
const AT: u64 = 0x223a227461222c // ,"at":"
const PREV: u64 = 0x76657270
const HASH_: u64 = 0x68736168
const BODY_: u64 = 0x79646f62
const CLOSE: u32 = 0x0a7d22 // "} and a newline

let cursor: usize = INPUT
let end: usize = INPUT
let expected: u64 = 0
let lastAt: u64 = 0
let first: bool = true

/** A new chain, whose first entry has this number. Its `prev` is taken as it stands. */
export function begin(seq: f64): void {
  expected = u64(seq)
  lastAt = 0
  first = true
}

/** There are `length` new bytes. */
export function filled(length: usize): void {
  cursor = INPUT
  end = INPUT + length
}

/** How many of them were read. */
export function consumed(): usize {
  return cursor - INPUT
}

/** Whether some were not. */
export function more(): bool {
  return cursor < end
}

/** The time of the last line. */
export function at(): f64 {
  return f64(lastAt)
}

/**
 * Reads a line, when there is one more, and answers the length of its body, or DOUBT. Its number is the one expected, its time not before the
 * last, its `prev` the last one's `hash`. Left to do: the body's SHA-256 into the leaf, and the leaf's compared with `HASH`.
 */
export function next(): i32 {
  let p = cursor
  if (load<u64>(p) << 8 != SEQ << 8) return DOUBT
  const seq = digits(p + 7)
  p = after
  if (seq != expected || load<u64>(p) << 8 != AT << 8) return DOUBT
  const time = digits(p + 7)
  p = after
  if (time > MAX_SAFE_INTEGER || time < lastAt) return DOUBT
  if (!key(p, PREV) || !hex(p + 10, LEAF_PREV) || !(first || same(LEAF_PREV, HASH))) return DOUBT
  p += 74
  if (!key(p, HASH_) || !hex(p + 10, HASH)) return DOUBT
  p += 74
  if (!key(p, BODY_)) return DOUBT
  const length = unescape(p + 10)
  p = after
  if (length == DOUBT || load<u32>(p) << 8 != CLOSE << 8) return DOUBT
  store<u64>(LEAF_SEQ, bswap(seq))
  store<u64>(LEAF_AT, bswap(time))
  cursor = p + 3
  expected = seq + 1
  lastAt = time
  first = false
  return length
}

/** Where what `digits` or `unescape` read ends. */
let after: usize = 0

/** A number as JSON writes it, of at most 16 digits. */
function digits(from: usize): u64 {
  let p = from
  let value: u64 = 0
  for (let digit = digitAt(p); digit < 10; digit = digitAt(p)) {
    value = value * 10 + digit
    p++
  }
  after = p
  const length = p - from
  return length == 1 || (length > 1 && length <= 16 && digitAt(from) != 0) ? value : NO_NUMBER
}

function digitAt(p: usize): u32 {
  return <u32>load<u8>(p) - 0x30
}

/** Whether `","name":"` stands here. */
function key(p: usize, name: u64): bool {
  return load<u64>(p) == (0x2200000000222c22 | (name << 24)) && load<u16>(p + 8) == 0x223a
}

/** 64 digits of lower-case hex into 32 bytes. */
function hex(from: usize, to: usize): bool {
  stray = i8x16.splat(0)
  v128.store(to, i8x16.narrow_i16x8_u(eightBytes(from), eightBytes(from + 16)))
  v128.store(to + 16, i8x16.narrow_i16x8_u(eightBytes(from + 32), eightBytes(from + 48)))
  return !v128.any_true(stray)
}

/** Not zero where `eightBytes` met something else than a digit. */
let stray: v128 = i8x16.splat(0)

/** 16 digits: a value in each of eight lanes. */
function eightBytes(from: usize): v128 {
  const text = v128.load(from)
  const decimal = i8x16.sub(text, i8x16.splat(0x30))
  const letter = i8x16.sub(text, i8x16.splat(0x61))
  const isDecimal = i8x16.lt_u(decimal, i8x16.splat(10))
  const isLetter = i8x16.lt_u(letter, i8x16.splat(6))
  stray = v128.or(stray, v128.not(v128.or(isDecimal, isLetter)))
  const digit = v128.bitselect(decimal, i8x16.add(letter, i8x16.splat(10)), isDecimal)
  // The first digit is the low half of its lane.
  return v128.and(v128.or(i16x8.shl(digit, 4), i16x8.shr_u(digit, 8)), i16x8.splat(0xff))
}

function same(a: usize, b: usize): bool {
  const low = v128.xor(v128.load(a), v128.load(b))
  const high = v128.xor(v128.load(a + 16), v128.load(b + 16))
  return !v128.any_true(v128.or(low, high))
}

const QUOTE: u8 = 0x22
const BACKSLASH: u8 = 0x5c

/** The rest of a JSON string into BODY, up to the quote that ends it. Answers its length, or DOUBT for an escape we never write. */
function unescape(from: usize): i32 {
  // What stands from `start` on was not copied yet.
  let start = from
  let out = BODY
  for (let p = from; true; p += 64) {
    let mask = special(p) | (special(p + 16) << 16) | (special(p + 32) << 32) | (special(p + 48) << 48)
    while (mask != 0) {
      const bit = ctz(mask)
      const found = p + <usize>bit
      copy(start, found, out)
      out += found - start
      if (load<u8>(found) != BACKSLASH) {
        // The end. A control character may not stand here, and is no quote either.
        after = found
        return <i32>(out - BODY)
      }
      const escaped = load<u8>(found + 1)
      if (escaped == QUOTE || escaped == BACKSLASH) {
        start = found + 1 // It stands for itself.
      } else {
        const value = control(found + 1)
        if (value < 0) return DOUBT
        store<u8>(out++, <u8>value)
        start = found + (escaped == 0x75 ? 6 : 2)
      }
      mask &= ~((<u64>3) << bit)
      // The escaped one was the next block's first, and is done with.
      if (bit == 63) p++
    }
  }
  return DOUBT
}

/** A bit for each of 16 bytes: control character, quote or backslash. */
function special(p: usize): u64 {
  const text = v128.load(p)
  const quote = i8x16.eq(text, i8x16.splat(QUOTE))
  const backslash = i8x16.eq(text, i8x16.splat(BACKSLASH))
  return i8x16.bitmask(v128.or(i8x16.lt_u(text, i8x16.splat(0x20)), v128.or(quote, backslash)))
}

/** Mostly short: 32 bytes without asking. */
function copy(from: usize, to: usize, out: usize): void {
  v128.store(out, v128.load(from))
  v128.store(out + 16, v128.load(from + 16))
  for (let p = from + 32; p < to; p += 16) v128.store(out + (p - from), v128.load(p))
}

/** The control character that an escape, from its letter on, stands for; negative for an escape of anything else. */
function control(p: usize): i32 {
  const letter = load<u8>(p)
  if (letter == 0x6e) return 0x0a
  if (letter == 0x74) return 0x09
  if (letter == 0x72) return 0x0d
  if (letter == 0x62) return 0x08
  if (letter == 0x66) return 0x0c
  // u0000 to u001f
  if (load<u32>(p) << 8 != 0x303075 << 8 || digitAt(p + 3) > 1) return -1
  const low = digitAt(p + 4)
  const value = low < 10 ? low : low >= 49 && low <= 54 ? low - 39 : 16
  return value < 16 ? <i32>(digitAt(p + 3) * 16 + value) : -1
}
