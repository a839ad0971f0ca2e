import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createDataKeyBytes,
  destroyDataKey,
  EnvelopeError,
  envelopeOverhead,
  importDataKey,
  isEnvelope,
  keyIdOf,
  open,
  seal,
} from './envelope.ts'
import type { EnvelopeContext, EnvelopeErrorCode } from './envelope.ts'

const key = importDataKey(createDataKeyBytes())
const context = fc.record({ org: fc.string(), table: fc.string(), column: fc.string(), row: fc.string() })
const here: EnvelopeContext = { org: 'o1', table: 'policy', column: 'body_sealed', row: 'po_1' }

const codeOf = (run: () => unknown): EnvelopeErrorCode | 'opened' => {
  try {
    run()
    return 'opened'
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code
    throw error
  }
}

describe('an envelope', () => {
  it('opens in its own place, for any bytes', () => {
    fc.assert(
      fc.property(context, fc.uint8Array({ maxLength: 300 }), (place, bytes) => {
        const envelope = seal(key, place, bytes)
        expect(envelope.length).toBe(bytes.length + envelopeOverhead)
        expect(open(key, place, envelope)).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('does not open in any other place', () => {
    fc.assert(
      fc.property(context, context, (from, to) => {
        fc.pre(JSON.stringify(from) !== JSON.stringify(to))
        expect(codeOf(() => open(key, to, seal(key, from, 'secret')))).toBe('not_authentic')
      }),
    )
  })

  it.each(['org', 'table', 'column', 'row'] as const)('does not open when only its %s differs', (field) => {
    expect(codeOf(() => open(key, { ...here, [field]: 'other' }, seal(key, here, 'secret')))).toBe('not_authentic')
  })

  it('tells apart places whose parts join to the same text', () => {
    const envelope = seal(key, { ...here, column: 'a|1:b', row: 'c' }, 'secret')
    expect(codeOf(() => open(key, { ...here, column: 'a', row: 'b|1:c' }, envelope))).toBe('not_authentic')
  })

  it('does not open after any single bit is flipped', () => {
    const envelope = seal(key, here, 'a secret of some length')
    for (let bit = 0; bit < envelope.length * 8; bit += 1) {
      const flipped = Buffer.from(envelope)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(codeOf(() => open(key, here, flipped))).not.toBe('opened')
    }
  })

  it('does not open after being cut or lengthened', () => {
    const envelope = seal(key, here, 'secret')
    for (let length = 0; length < envelope.length; length += 1) {
      expect(codeOf(() => open(key, here, envelope.subarray(0, length)))).not.toBe('opened')
    }
    expect(codeOf(() => open(key, here, Buffer.concat([envelope, Buffer.alloc(1)])))).toBe('not_authentic')
  })

  it('names the key it needs, and refuses another', () => {
    const envelope = seal(key, here, 'secret')
    expect(keyIdOf(envelope)).toEqual(key.id)
    expect(codeOf(() => open(importDataKey(createDataKeyBytes()), here, envelope))).toBe('other_key')
    expect(codeOf(() => keyIdOf(Buffer.from('HFE1')))).toBe('not_an_envelope')
    expect(isEnvelope(Buffer.alloc(100))).toBe(false)
  })

  it('never repeats a nonce, over several pools', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 5000; i += 1) seen.add(seal(key, here, '').toString('hex', 20, 32))
    expect(seen.size).toBe(5000)
  })

  it('is not made or opened by a destroyed key', () => {
    const bytes = createDataKeyBytes()
    const mortal = importDataKey(bytes)
    const envelope = seal(mortal, here, 'secret')
    destroyDataKey(mortal)
    expect(mortal.secret).toBeNull()
    expect(bytes.some((byte) => byte !== 0)).toBe(true)
    expect(codeOf(() => seal(mortal, here, 'x'))).toBe('key_destroyed')
    expect(codeOf(() => open(mortal, here, envelope))).toBe('key_destroyed')
  })

  it('refuses text that UTF-8 cannot hold as a place, and keys of another length', () => {
    expect(() => seal(key, { ...here, row: '\ud800' }, 'x')).toThrow(TypeError)
    expect(() => importDataKey(Buffer.alloc(16))).toThrow(RangeError)
  })

  it('has not changed its format', () => {
    const vector = JSON.parse(readFileSync(new URL('./envelope-vector.json', import.meta.url), 'utf8')) as Record<
      string,
      string
    > & { context: EnvelopeContext }
    const known = importDataKey(Buffer.from(vector['key'] ?? '', 'hex'))
    expect(known.id.toString('hex')).toBe(vector['keyId'])
    expect(open(known, vector.context, Buffer.from(vector['envelope'] ?? '', 'hex')).toString()).toBe(vector['plaintext'])
  })
})
