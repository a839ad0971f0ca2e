import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase32, toBase32 } from './base32.ts'
import { createTotpSecret, matchTotp, totpAt, totpStep, totpUri } from './totp.ts'

const secret = Buffer.from('12345678901234567890')

describe('TOTP', () => {
  // RFC 6238, appendix B, the SHA-1 rows
  it.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('at %i s is %s', (seconds, code) => {
    expect(totpAt(secret, totpStep(seconds * 1000), 8)).toBe(code)
    expect(matchTotp(secret, code.slice(2), seconds * 1000)).toBe(totpStep(seconds * 1000))
  })

  it('accepts one step of clock difference either way, naming the step, and no more', () => {
    const now = 1_700_000_000_000
    const step = totpStep(now)
    for (const away of [-1, 0, 1]) expect(matchTotp(secret, totpAt(secret, step + away), now)).toBe(step + away)
    for (const away of [-3, -2, 2, 3]) expect(matchTotp(secret, totpAt(secret, step + away), now)).toBeNull()
  })

  it('reads a code typed in groups and refuses what is not one', () => {
    const code = totpAt(secret, 1)
    expect(matchTotp(secret, `${code.slice(0, 3)} ${code.slice(3)}`, 30_000)).toBe(1)
    for (const wrong of ['', '12345', '1234567', 'abcdef', '１２３４５６', code.slice(1)])
      expect(matchTotp(secret, wrong, 30_000)).toBeNull()
  })

  it('writes the address that authenticators read', () => {
    expect(totpUri({ issuer: 'Holdfast & Co', account: 'ada@example.org', secret })).toBe(
      'otpauth://totp/Holdfast%20%26%20Co:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Holdfast%20%26%20Co&algorithm=SHA1&digits=6&period=30',
    )
    expect(createTotpSecret()).toHaveLength(20)
  })
})

describe('base32', () => {
  // RFC 4648 §10
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('of "%s" is %s', (text, encoded) => {
    expect(toBase32(Buffer.from(text))).toBe(encoded)
    expect(fromBase32(encoded)?.toString()).toBe(text)
  })

  it('comes back for any bytes, in either case, with spaces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = toBase32(bytes).toLowerCase().replaceAll(/.{4}/g, '$& ')
        expect(fromBase32(text)).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('refuses other letters and stray bits', () => {
    for (const wrong of ['M1', '!', 'MZ', 'A']) expect(fromBase32(wrong)).toBeNull()
  })
})
