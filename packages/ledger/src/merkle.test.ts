import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sha256 } from '#sha256'
import { bytesToHex, hexToBytes } from './encoding.ts'
import {
  append,
  emptyRange,
  hashChildren,
  loadRange,
  merkleRoot,
  rootOf,
  saveRange,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
import { nodesForConsistency, nodesForInclusion, nodesOf, proveConsistency, proveInclusion } from './proof.ts'

const leaves = Array.from({ length: 140 }, (_, index) => sha256(`leaf ${index}`))
const size = fc.integer({ min: 1, max: leaves.length })

/** RFC 6962 §2.1, word for word. */
function reference(hashes: Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return sha256('')
  if (hashes.length === 1) return hashes[0]!
  let k = 1
  while (k * 2 < hashes.length) k *= 2
  return hashChildren(reference(hashes.slice(0, k)), reference(hashes.slice(k)))
}

test('the streaming root is the recursive one, at every size', () => {
  const range = emptyRange()
  for (let n = 0; n <= leaves.length; n++) {
    expect(rootOf(range)).toEqual(reference(leaves.slice(0, n)))
    expect(rootOf(loadRange(saveRange(range)))).toEqual(rootOf(range))
    append(range, leaves[n] ?? sha256('one more'))
  }
})

test('a saved range goes on where it stood', () => {
  fc.assert(
    fc.property(size, (n) => {
      const range = emptyRange()
      for (const leaf of leaves.slice(0, n)) append(range, leaf)
      const resumed = loadRange(JSON.parse(JSON.stringify(saveRange(range))))
      for (const leaf of leaves.slice(n)) append(resumed, leaf)
      expect(rootOf(resumed)).toEqual(reference(leaves))
    }),
  )
  expect(() => loadRange({ size: 3, peaks: [bytesToHex(leaves[0]!)] })).toThrow('peaks')
})

test('every inclusion proof holds, for its leaf, index, size and root only', () => {
  const read = nodesOf(leaves)
  fc.assert(
    fc.property(size, fc.nat(), fc.nat(), (n, at, other) => {
      const index = at % n
      const root = reference(leaves.slice(0, n))
      const proof = proveInclusion(index, n, read)
      const claim = { index, size: n, leaf: leaves[index]!, proof, root }
      expect(verifyInclusion(claim)).toBe(true)
      expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(n)))
      expect(verifyInclusion({ ...claim, leaf: sha256('other') })).toBe(false)
      expect(verifyInclusion({ ...claim, proof: [...proof, root] })).toBe(false)
      if (proof.length > 0) expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false)
      if (other % n !== index) expect(verifyInclusion({ ...claim, index: other % n })).toBe(false)
      expect(nodesForInclusion(index, n).every(({ level, index: node }) => read(level, node).length === 32)).toBe(true)
    }),
  )
  expect(verifyInclusion({ index: 0, size: 0, leaf: leaves[0]!, proof: [], root: leaves[0]! })).toBe(false)
})

test('every consistency proof holds, and none for another history', () => {
  const read = nodesOf(leaves)
  const rewritten = leaves.with(0, sha256('other'))
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)]
      const proof = proveConsistency(oldSize, newSize, read)
      const claim = {
        oldSize,
        newSize,
        oldRoot: reference(leaves.slice(0, oldSize)),
        newRoot: reference(leaves.slice(0, newSize)),
        proof,
      }
      expect(verifyConsistency(claim)).toBe(true)
      expect(verifyConsistency({ ...claim, oldRoot: reference(rewritten.slice(0, oldSize)) })).toBe(false)
      expect(verifyConsistency({ ...claim, newRoot: reference(rewritten.slice(0, newSize)) })).toBe(false)
      expect(verifyConsistency({ ...claim, proof: [...proof, leaves[0]!] })).toBe(false)
      expect(nodesForConsistency(oldSize, newSize).every(({ level, index }) => read(level, index).length === 32)).toBe(true)
    }),
  )
  expect(verifyConsistency({ oldSize: 0, newSize: 5, oldRoot: sha256(''), newRoot: leaves[0]!, proof: [] })).toBe(true)
  expect(verifyConsistency({ oldSize: 3, newSize: 2, oldRoot: leaves[0]!, newRoot: leaves[0]!, proof: [] })).toBe(false)
})

test('indices outside the tree are refused', () => {
  expect(() => proveInclusion(3, 3, nodesOf(leaves))).toThrow('outside')
  expect(() => proveConsistency(4, 3, nodesOf(leaves))).toThrow('smaller')
  expect(() => nodesOf(leaves)(0, leaves.length)).toThrow('no node')
})

test('the published proofs', () => {
  const vector = JSON.parse(readFileSync(new URL('../vectors/merkle.json', import.meta.url), 'utf8'))
  const bytes = (hex: string[]) => hex.map(hexToBytes)
  const hashes: Uint8Array[] = bytes(vector.leafHashes)
  expect(rootOf(emptyRange())).toEqual(hexToBytes(vector.roots[0]))
  for (const [n, root] of vector.roots.entries()) expect(bytesToHex(merkleRoot(hashes.slice(0, n)))).toBe(root)
  for (const { index, size: n, proof } of vector.inclusion) {
    expect(proveInclusion(index, n, nodesOf(hashes))).toEqual(bytes(proof))
    expect(
      verifyInclusion({ index, size: n, leaf: hashes[index]!, proof: bytes(proof), root: hexToBytes(vector.roots[n]) }),
    ).toBe(true)
  }
  for (const { oldSize, newSize, proof } of vector.consistency) {
    expect(proveConsistency(oldSize, newSize, nodesOf(hashes))).toEqual(bytes(proof))
    const [oldRoot, newRoot] = [hexToBytes(vector.roots[oldSize]), hexToBytes(vector.roots[newSize])]
    expect(verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof: bytes(proof) })).toBe(true)
  }
})
