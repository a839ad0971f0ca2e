import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { base64ToBytes, bytesToBase64, bytesToHex, bytesToUuid, hexInto, hexToBytes, uuidToBytes } from './encoding.ts'
import { createEntryHasher, entryHash, genesis, leafBytes, rawEntry, type RawEntry } from './format.ts'
import { merkleRoot } from './merkle.ts'
import * as browser from './sha256.browser.ts'
import * as node from './sha256.node.ts'
import { verifyAll } from './chain.fixture.ts'

const vector = JSON.parse(readFileSync(new URL('../vectors/hfl1.json', import.meta.url), 'utf8'))
const bytes = fc.uint8Array({ maxLength: 300 })

test('the published vector: genesis, leaves, hashes, roots', () => {
  expect(genesis(vector.org)).toBe(vector.genesis)
  const hasher = createEntryHasher(vector.org)
  const hash = ({ seq, at, prev, body }: RawEntry) => {
    hexInto(prev, hasher.prev)
    return hasher.entry(seq, at, body)
  }
  for (const entry of vector.entries) {
    expect(bytesToHex(leafBytes(vector.org, entry))).toBe(entry.leaf)
    expect(entryHash(vector.org, entry)).toBe(entry.hash)
    expect(hash(rawEntry(entry))).toBe(entry.hash)
  }
  for (const { size, root } of vector.merkleRoots) {
    const leaves = vector.entries.slice(0, size).map((entry: { hash: string }) => hexToBytes(entry.hash))
    expect(bytesToHex(merkleRoot(leaves))).toBe(root)
  }
  expect(verifyAll(vector.entries, { org: vector.org })).toMatchObject({ ok: true, entries: 3, root: vector.merkleRoots[2].root })
})

test('both SHA-256 equal OpenSSL on every length around the block borders', () => {
  for (let length = 0; length < 300; length++) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 256)
    const expected = createHash('sha256').update(data).digest('hex')
    expect(bytesToHex(browser.sha256(data))).toBe(expected)
    expect(bytesToHex(node.sha256(data))).toBe(expected)
  }
  const large = new Uint8Array(1_000_003).fill(97)
  expect(browser.sha256(large)).toEqual(node.sha256(large))
})

test('both SHA-256 agree on strings and at offsets', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(browser.sha256(text)).toEqual(node.sha256(text))
      const [a, b] = [new Uint8Array(40), new Uint8Array(40)]
      browser.sha256Into(text, a, 5)
      node.sha256Into(new TextEncoder().encode(text), b, 5)
      expect(a).toEqual(b)
    }),
  )
})

test('hex, base64 and UUID round trips; one spelling each', () => {
  fc.assert(fc.property(bytes, (data) => void expect(hexToBytes(bytesToHex(data))).toEqual(data)))
  fc.assert(fc.property(bytes, (data) => void expect(base64ToBytes(bytesToBase64(data))).toEqual(data)))
  fc.assert(fc.property(fc.uuid(), (uuid) => void expect(bytesToUuid(uuidToBytes(uuid))).toBe(uuid)))
  for (const hex of ['A0', 'a', 'zz', '0 ', '€€']) expect(() => hexToBytes(hex)).toThrow('hex')
  for (const base64 of ['YQ', 'YR==', 'Y Q==', '*']) expect(() => base64ToBytes(base64)).toThrow('base64')
  expect(() => uuidToBytes('0197F2A0-0000-7000-8000-00000000000a')).toThrow('UUID')
})

test('numbers outside the format are refused', () => {
  const entry = { seq: 0, at: '0', prev: 'a'.repeat(64), body: '{}' }
  for (const bad of [{ seq: -1 }, { seq: 0.5 }, { at: '01' }, { at: '-1' }, { at: '9007199254740992' }, { prev: 'aa' }]) {
    expect(() => leafBytes(vector.org, { ...entry, ...bad })).toThrow()
  }
  expect(bytesToHex(leafBytes(vector.org, { ...entry, at: '9007199254740991' }).subarray(28, 36))).toBe('001fffffffffffff')
})
