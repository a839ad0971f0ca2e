import { expect, test } from 'vitest'
import { newId, newOrgId } from './identifier.ts'

test('ids are 26 digits of Crockford base32, never repeat, and sort by the millisecond', async () => {
  const first = newId('le')
  expect(first).toMatch(/^le_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
  await new Promise((resolve) => setTimeout(resolve, 2))
  const later = newId('le')
  expect(later > first).toBe(true)
  const many = Array.from({ length: 5_000 }, () => newId('le'))
  expect(new Set(many).size).toBe(5_000)
})

test('the digits are the number that a UUIDv7 is (RFC 9562 §5.7)', () => {
  const digits = newId('x').slice(2)
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
  const value = [...digits].reduce((sum, digit) => sum * 32n + BigInt(alphabet.indexOf(digit)), 0n)
  const hex = value.toString(16).padStart(32, '0')
  expect(hex[12]).toBe('7')
  expect('89ab').toContain(hex[16])
  expect(Math.abs(Number.parseInt(hex.slice(0, 12), 16) - Date.now())).toBeLessThan(2_000)
  expect(newOrgId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
