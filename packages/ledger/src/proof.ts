import { LedgerError } from './errors.ts'
import { append, emptyRange, hashChildren, type NodeId } from './merkle.ts'

/** Answers the hash of a complete subtree, from tiles or from memory. */
export type NodeReader = (level: number, index: number) => Uint8Array

/** Leaves [start, end): a subtree as RFC 6962 splits them, complete or at the right edge. */
type Span = { start: number; end: number }

/** The nodes an inclusion proof reads, so that they can be fetched at once. */
export function nodesForInclusion(index: number, size: number): NodeId[] {
  return inclusionSpans(index, size).flatMap(nodesOfSpan)
}

export function nodesForConsistency(oldSize: number, newSize: number): NodeId[] {
  return consistencySpans(oldSize, newSize).flatMap(nodesOfSpan)
}

/** RFC 6962 §2.1.1: proof that leaf `index` stands in the tree of `size` leaves. Throws `invalid_argument`. */
export function proveInclusion(index: number, size: number, read: NodeReader): Uint8Array[] {
  return inclusionSpans(index, size).map((span) => hashSpan(span, read))
}

/** RFC 6962 §2.1.2: proof that the tree of `oldSize` leaves is a prefix of the tree of `newSize`. Throws `invalid_argument`. */
export function proveConsistency(oldSize: number, newSize: number, read: NodeReader): Uint8Array[] {
  return consistencySpans(oldSize, newSize).map((span) => hashSpan(span, read))
}

/** All nodes of a small tree in memory. Throws `invalid_argument` for a node it has not. */
export function nodesOf(leafHashes: Iterable<Uint8Array>): NodeReader {
  const levels: Uint8Array[][] = []
  const range = emptyRange()
  for (const leaf of leafHashes) append(range, leaf, (level, index, hash) => ((levels[level] ??= [])[index] = hash))
  return (level, index) => {
    const hash = levels[level]?.[index]
    if (!hash) throw new LedgerError('invalid_argument', `the tree has no node ${index} on level ${level}`)
    return hash
  }
}

function inclusionSpans(index: number, size: number): Span[] {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) {
    throw new LedgerError('invalid_argument', 'the index is outside the tree')
  }
  const spans: Span[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + split(end - start)
    if (index < middle) {
      spans.push({ start: middle, end })
      end = middle
    } else {
      spans.push({ start, end: middle })
      start = middle
    }
  }
  return spans.reverse()
}

function consistencySpans(oldSize: number, newSize: number): Span[] {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 0 || oldSize > newSize) {
    throw new LedgerError('invalid_argument', 'the old tree is not smaller than the new one')
  }
  if (oldSize === 0 || oldSize === newSize) return []
  const spans: Span[] = []
  let start = 0
  let end = newSize
  // SUBPROOF: follow the border of the old tree down to where it is the border of a subtree.
  while (end !== oldSize) {
    const middle = start + split(end - start)
    if (oldSize <= middle) {
      spans.push({ start: middle, end })
      end = middle
    } else {
      spans.push({ start, end: middle })
      start = middle
    }
  }
  // A verifier has the old root; only a smaller subtree must be told.
  if (start !== 0) spans.push({ start, end })
  return spans.reverse()
}

/** The largest power of two below `count`. */
function split(count: number): number {
  let k = 1
  while (k * 2 < count) k *= 2
  return k
}

/** The complete subtrees of a span, left to right. */
function nodesOfSpan(span: Span): NodeId[] {
  const nodes: NodeId[] = []
  for (let { start } = span; start < span.end;) {
    let level = 0
    while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= span.end) level++
    nodes.push({ level, index: start / 2 ** level })
    start += 2 ** level
  }
  return nodes
}

function hashSpan(span: Span, read: NodeReader): Uint8Array {
  return nodesOfSpan(span)
    .map(({ level, index }) => read(level, index))
    .reduceRight((right, left) => hashChildren(left, right))
}
