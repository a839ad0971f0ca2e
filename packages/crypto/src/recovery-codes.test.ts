import { describe, expect, it } from 'vitest'
import { createRecoveryCodes, hashRecoveryCode, normaliseRecoveryCode } from './recovery-codes.ts'

describe('recovery codes', () => {
  it('are ten different ones in readable groups', () => {
    const codes = createRecoveryCodes()
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^(?:[0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/)
  })

  it('are recognised however they are typed', () => {
    for (const code of createRecoveryCodes(200)) {
      expect(normaliseRecoveryCode(code)).toBe(code)
      expect(normaliseRecoveryCode(` ${code.toUpperCase().replaceAll('-', ' ')} `)).toBe(code)
      expect(normaliseRecoveryCode(code.replaceAll('-', '').replaceAll('0', 'O').replaceAll('1', 'l'))).toBe(code)
    }
  })

  it('are refused when they cannot be one', () => {
    for (const wrong of ['', 'aaaa-aaaa-aaaa', 'aaaa-aaaa-aaaa-aaaaa', 'uuuu-uuuu-uuuu-uuuu'])
      expect(normaliseRecoveryCode(wrong)).toBeNull()
  })

  it('have a fixed hash', () => {
    expect(hashRecoveryCode('0000-0000-0000-0000').toString('hex')).toBe(
      '948b45fbacd21dc55fa332807c6b2ef36891eda0e830d0ec1752d2b407e9b77b',
    )
    expect(hashRecoveryCode('0000-0000-0000-0001')).not.toEqual(hashRecoveryCode('0000-0000-0000-0000'))
  })
})
