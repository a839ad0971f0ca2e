import { sha256, sha256Into } from '#sha256'
import { bytesToHex, concat, equalBytes, hexToBytes } from './encoding.ts'
import { LedgerError } from './errors.ts'

/**
 * A growing RFC 6962 tree, as far as appending and its root need it: for each 1 bit of `size`, the root of a complete subtree of
 * that many leaves. `levels[n]` is the next parent to be hashed above level n, 0x01 | left | right (65 bytes, reused in place); its left
 * half is meaningful while bit n of `size` is 1.
 */
export type Range = { size: number; levels: Uint8Array[] }

/** A complete subtree of 2^level leaves; `index` counts such subtrees from the left. */
export type NodeId = { level: number; index: number }

const NODE_PREFIX = Uint8Array.of(1)
const LEFT = 1
const RIGHT = 33

export function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(NODE_PREFIX, left, right))
}

export function emptyRange(): Range {
  return { size: 0, levels: [] }
}

/** Appends a leaf hash, O(1) amortised. `onNode` sees every node it completes (the leaf itself is level 0), so that tiles can be stored. */
export function append(
  range: Range,
  leafHash: Uint8Array,
  onNode?: (level: number, index: number, hash: Uint8Array) => void,
): void {
  let level = 0
  let index = range.size
  let parent = (range.levels[0] ??= newParent())
  let half = index % 2 === 0 ? LEFT : RIGHT
  for (let i = 0; i < 32; i++) parent[half + i] = leafHash[i]!
  onNode?.(0, index, leafHash.slice())
  while (half === RIGHT) {
    level++
    index = (index - 1) / 2
    const above = (range.levels[level] ??= newParent())
    half = index % 2 === 0 ? LEFT : RIGHT
    sha256Into(parent, above, half)
    onNode?.(level, index, above.slice(half, half + 32))
    parent = above
  }
  range.size++
}

function newParent(): Uint8Array {
  return new Uint8Array(65).fill(1, 0, 1)
}

/** The Merkle tree hash of RFC 6962 §2.1; of nothing, SHA-256 of the empty string. */
export function rootOf(range: Range): Uint8Array {
  return foldPeaks(peaksOf(range))
}

/** The root of complete subtrees that stand side by side, the largest first. */
export function foldPeaks(peaks: Uint8Array[]): Uint8Array {
  return peaks.length === 0 ? sha256('') : peaks.reduceRight((right, left) => hashChildren(left, right)).slice()
}

/** Largest subtree first. */
export function peaksOf(range: Range): Uint8Array[] {
  const peaks: Uint8Array[] = []
  for (let level = 0, rest = range.size; rest > 0; level++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) peaks.unshift(range.levels[level]!.subarray(LEFT, RIGHT))
  }
  return peaks
}

/** The state as JSON: peaks in hex, largest subtree first. */
export type SavedRange = { size: number; peaks: string[] }

export function saveRange(range: Range): SavedRange {
  return { size: range.size, peaks: peaksOf(range).map(bytesToHex) }
}

/** Throws `invalid_argument` when the number of peaks does not fit the size. */
export function loadRange(saved: SavedRange): Range {
  const range: Range = { size: saved.size, levels: [] }
  const peaks = saved.peaks.map(hexToBytes).reverse()
  let next = 0
  for (let level = 0, rest = saved.size; rest > 0; level++, rest = Math.floor(rest / 2)) {
    range.levels[level] = newParent()
    if (rest % 2 === 1) range.levels[level]!.set(peaks[next++]?.subarray(0, 32) ?? [], LEFT)
  }
  if (next !== peaks.length || peaks.some((hash) => hash.length !== 32)) {
    throw new LedgerError('invalid_argument', 'the peaks do not fit the size')
  }
  return range
}

export function merkleRoot(leafHashes: Iterable<Uint8Array>): Uint8Array {
  const range = emptyRange()
  for (const leaf of leafHashes) append(range, leaf)
  return rootOf(range)
}

/** RFC 9162 §2.1.3.2. All hashes in bytes; `leaf` is the leaf's hash. */
export function verifyInclusion(claim: {
  index: number
  size: number
  leaf: Uint8Array
  proof: Uint8Array[]
  root: Uint8Array
}): boolean {
  if (!(claim.index >= 0 && claim.index < claim.size)) return false
  let fn = claim.index
  let sn = claim.size - 1
  let hash = claim.leaf
  for (const sibling of claim.proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = hashChildren(sibling, hash)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else {
      hash = hashChildren(hash, sibling)
    }
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && equalBytes(hash, claim.root)
}

/** RFC 9162 §2.1.4.2: the tree of `oldSize` is a prefix of the tree of `newSize`. An empty tree is a prefix of every tree. */
export function verifyConsistency(claim: {
  oldSize: number
  newSize: number
  oldRoot: Uint8Array
  newRoot: Uint8Array
  proof: Uint8Array[]
}): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim
  if (!(oldSize >= 0 && oldSize <= newSize)) return false
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot)
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, sha256(''))
  // Where the old tree is one complete subtree, its root opens the proof and is not sent.
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : proof
  let fn = oldSize - 1
  let sn = newSize - 1
  while (fn % 2 === 1) {
    fn = (fn - 1) / 2
    sn = Math.floor(sn / 2)
  }
  const [first, ...rest] = path
  if (!first) return false
  let fr = first
  let sr = first
  for (const hash of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = hashChildren(hash, fr)
      sr = hashChildren(hash, sr)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else {
      sr = hashChildren(sr, hash)
    }
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && equalBytes(fr, oldRoot) && equalBytes(sr, newRoot)
}
