import { sha256, sha256Hex, sha256Into } from '#sha256'
import { bytesToHex, concat, hexToBytes, uuidToBytes, writeU64 } from './encoding.ts'
import { LedgerError } from './errors.ts'

/** Entry format 1; docs/ledger-format.md describes every byte. */
export const FORMAT = 'HFL1'

/** An entry as it travels: hashes in lower-case hex, `at` in microseconds since 1970 UTC as decimal digits, `body` exactly as stored. */
export type Entry = { seq: number; at: string; prev: string; hash: string; body: string }
export type EntryContent = Omit<Entry, 'hash'>

/** One changed row. `null` where the row did not exist before, or does not afterwards. */
export type Change = {
  table: string
  key: Record<string, unknown>
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}

/** What `body` holds, as JSON. Sealed columns stand as base64 envelopes, or as `{bytes, sha256}` above 1 kB. */
export type EntryBody = {
  v: 1
  id: string
  actor: { type: string; id: string | null; session?: string | null; via?: string | null }
  action: string
  target: { type: string; id: string } | null
  request: { id: string; origin?: string | null } | null
  reason?: string
  changes: Change[]
  outcome: string
}

/** An entry as the verifier takes it: `at` as a number of microseconds, `body` as text or already in UTF-8. */
export type RawEntry = { seq: number; at: number; prev: string; hash: string; body: string | Uint8Array }

const utf8 = new TextEncoder()

/** The `prev` of entry 0: SHA-256("HFL1 genesis" | org). Hex. */
export function genesis(org: string): string {
  return bytesToHex(sha256(concat(utf8.encode(`${FORMAT} genesis`), uuidToBytes(org))))
}

/** "HFL1" | org (16) | seq u64 BE | at u64 BE | prev (32) | SHA-256(body) (32): 100 bytes. Throws `invalid_argument`. */
export function leafBytes(org: string, entry: EntryContent): Uint8Array {
  const leaf = new Uint8Array(100)
  leaf.set(utf8.encode(FORMAT))
  leaf.set(uuidToBytes(org), 4)
  writeU64(leaf, 20, safeInteger(entry.seq, 'seq'))
  writeU64(leaf, 28, parseMicroseconds(entry.at))
  leaf.set(hexToBytes(checkHash(entry.prev, 'prev')), 36)
  leaf.set(sha256(entry.body), 68)
  return leaf
}

/** SHA-256(0x00 | leaf): the entry's hash, and its leaf in the RFC 6962 Merkle tree. Hex. */
export function entryHash(org: string, entry: EntryContent): string {
  return bytesToHex(sha256(concat(Uint8Array.of(0), leafBytes(org, entry))))
}

/** Decimal digits of a safe integer, without leading zeros. Throws `invalid_argument`. */
export function parseMicroseconds(at: string): number {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(at))
    throw new LedgerError('invalid_argument', '"at" is not a decimal number of microseconds')
  return safeInteger(Number(at), 'at')
}

/** Throws `invalid_argument`. A lone surrogate has no UTF-8 form, so it would be hashed as another character than it shows. */
export function rawEntry(entry: Entry): RawEntry {
  if (!entry.body.isWellFormed()) throw new LedgerError('invalid_argument', '"body" is not well-formed Unicode')
  const seq = safeInteger(entry.seq, 'seq')
  const at = parseMicroseconds(entry.at)
  return { seq, at, prev: checkHash(entry.prev, 'prev'), hash: checkHash(entry.hash, 'hash'), body: entry.body }
}

/** 0x00 and the leaf, of which an entry's hash is the hash: what the entries of one organisation share, and zeros. 101 bytes. */
export function blankLeaf(org: string): Uint8Array {
  return concat(Uint8Array.of(0), utf8.encode(FORMAT), uuidToBytes(org), new Uint8Array(80))
}

/** Hashes many entries of one organisation through one buffer. */
export type EntryHasher = {
  /** The link the next hash is made with: 32 bytes, to be written to. */
  readonly prev: Uint8Array
  /** The hash of an entry, in hex. */
  entry(seq: number, at: number, body: string | Uint8Array): string
  /** The same, of a body whose hash is known. */
  withBodyHash(seq: number, at: number, bodyHash: Uint8Array): string
}

export function createEntryHasher(org: string): EntryHasher {
  const leaf = blankLeaf(org)
  const finish = (seq: number, at: number) => {
    writeU64(leaf, 21, seq)
    writeU64(leaf, 29, at)
    return sha256Hex(leaf)
  }
  return {
    prev: leaf.subarray(37, 69),
    entry(seq, at, body) {
      sha256Into(body, leaf, 69)
      return finish(seq, at)
    },
    withBodyHash(seq, at, bodyHash) {
      leaf.set(bodyHash, 69)
      return finish(seq, at)
    },
  }
}

function safeInteger(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new LedgerError('invalid_argument', `"${name}" is not an integer from 0 to 2^53 − 1`)
  return value
}

/** Whether it is 32 bytes in lower-case hex. */
export function isHash(hex: string): boolean {
  return /^[0-9a-f]{64}$/.test(hex)
}

/** The hash, as given. Throws `invalid_argument`. */
export function checkHash(hex: string, name: string): string {
  if (!isHash(hex)) throw new LedgerError('invalid_argument', `"${name}" is not a hash of 64 hex digits`)
  return hex
}
