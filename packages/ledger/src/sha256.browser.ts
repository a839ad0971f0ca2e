import { bytesToHex } from './encoding.ts'

// SHA-256 as in FIPS 180-4, synchronous: WebCrypto answers each call by a promise, far too slow for two small hashes an entry.

/** The first `count` primes' fractional parts of `root`, 32 bits each (FIPS 180-4 §4.2.2, §5.3.3). */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const out = new Uint32Array(count)
  for (let candidate = 2, found = 0; found < count; candidate++) {
    let prime = true
    for (let d = 2; d * d <= candidate; d++) if (candidate % d === 0) prime = false
    if (prime) out[found++] = (root(candidate) % 1) * 2 ** 32
  }
  return out
}

const K = new Int32Array(fractions(64, Math.cbrt))
const INITIAL = new Int32Array(fractions(8, Math.sqrt))
const state = new Int32Array(8)
const schedule = new Int32Array(64)
const tail = new Uint8Array(128)
const utf8 = new TextEncoder()

/** SHA-256 of bytes, or of a string as UTF-8. 32 bytes. */
export function sha256(data: Uint8Array | string): Uint8Array {
  const out = new Uint8Array(32)
  sha256Into(data, out, 0)
  return out
}

/** As `sha256`, in hex. */
export function sha256Hex(data: Uint8Array | string): string {
  return bytesToHex(sha256(data))
}

/** As `sha256`, into `out` from `offset`. */
export function sha256Into(data: Uint8Array | string, out: Uint8Array, offset: number): void {
  const bytes = typeof data === 'string' ? utf8.encode(data) : data
  state.set(INITIAL)
  const whole = bytes.length - (bytes.length % 64)
  for (let at = 0; at < whole; at += 64) compress(bytes, at)
  const rest = bytes.length - whole
  const padded = rest < 56 ? 64 : 128
  tail.fill(0, 0, padded)
  for (let i = 0; i < rest; i++) tail[i] = bytes[whole + i]!
  tail[rest] = 0x80
  writeLength(bytes.length, padded)
  for (let at = 0; at < padded; at += 64) compress(tail, at)
  for (let i = 0, p = offset; i < 8; i++, p += 4) {
    const word = state[i]!
    out[p] = word >>> 24
    out[p + 1] = word >>> 16
    out[p + 2] = word >>> 8
    out[p + 3] = word
  }
}

function writeLength(bytes: number, end: number): void {
  const high = Math.floor(bytes / 2 ** 29)
  const low = (bytes << 3) >>> 0
  for (let i = 0; i < 4; i++) {
    tail[end - 8 + i] = high >>> (24 - 8 * i)
    tail[end - 4 + i] = low >>> (24 - 8 * i)
  }
}

function expand(block: Uint8Array, at: number): void {
  const w = schedule
  for (let i = 0, p = at; i < 16; i++, p += 4) {
    w[i] = (block[p]! << 24) | (block[p + 1]! << 16) | (block[p + 2]! << 8) | block[p + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!
    const y = w[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
}

function compress(block: Uint8Array, at: number): void {
  expand(block, at)
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + schedule[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
  state[4] = state[4]! + e
  state[5] = state[5]! + f
  state[6] = state[6]! + g
  state[7] = state[7]! + h
}
