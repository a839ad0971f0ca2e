import { describe, expect, it } from 'vitest'
import { blindIndex, normaliseEmail } from './blind-index.ts'
import { createApiKey, equalTokens, hashToken, parseApiKey, randomToken } from './token.ts'

describe('tokens', () => {
  it('have 256 bits and never repeat', () => {
    const tokens = Array.from({ length: 1000 }, () => randomToken())
    expect(new Set(tokens).size).toBe(1000)
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('are hashed by SHA-256 (FIPS 180-4 example)', () => {
    expect(hashToken('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('are compared whatever their lengths', () => {
    expect(equalTokens('a', 'a')).toBe(true)
    expect(equalTokens(hashToken('a'), hashToken('a'))).toBe(true)
    expect(equalTokens('a', 'ab')).toBe(false)
    expect(equalTokens('', 'b')).toBe(false)
  })

  it('as API keys carry an id and a secret', () => {
    const { key, secretHash } = createApiKey('ak_01j9z')
    expect(key).toMatch(/^hf_ak_01j9z\.[A-Za-z0-9_-]{43}$/)
    expect(parseApiKey(key)).toEqual({ id: 'ak_01j9z', secretHash })
    for (const wrong of ['', key.slice(0, -1), `${key}x`, key.replace('hf_', 'hg_'), key.replace('.', ''), `${key}\n`])
      expect(parseApiKey(wrong)).toBeNull()
    expect(() => createApiKey('no.dots')).toThrow(TypeError)
  })
})

describe('the blind index of an e-mail', () => {
  const key = Buffer.alloc(32, 1)

  it('is equal for spellings of one mailbox only', () => {
    expect(normaliseEmail('  Ada.Lovelace@EXAMPLE.org ')).toBe('ada.lovelace@example.org')
    expect(normaliseEmail('jo@bücher.example')).toBe('jo@xn--bcher-kva.example')
    expect(blindIndex(key, 'jo\u0065\u0301@b.example')).toEqual(blindIndex(key, 'JO\u00c9@B.example'))
    expect(blindIndex(key, 'ada@example.org')).not.toEqual(blindIndex(key, 'ada@example.com'))
    expect(blindIndex(key, 'ada@example.org')).not.toEqual(blindIndex(Buffer.alloc(32, 2), 'ada@example.org'))
  })

  it('is null for what is not an address', () => {
    for (const wrong of ['', 'ada', '@b', 'a@', 'a@b@c', 'a b@c']) expect(blindIndex(key, wrong)).toBeNull()
  })
})
