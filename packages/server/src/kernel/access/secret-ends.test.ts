import { describe, expect, test } from 'vitest'
import { secretUntil } from './secret-ends.ts'

const now = new Date('2026-03-01T12:00:00Z')
const later = new Date('2026-03-02T12:00:00Z')
const soon = new Date('2026-03-01T13:00:00Z')
const key = { generation: 3, expiresAt: later, oldUntil: soon, revokedAt: null }

describe('until when a secret of a key opens anything', () => {
  test('the newest as long as the key, the one before as long as the overlap, older ones not at all', () => {
    expect(secretUntil(key, 3, now)).toEqual(later)
    expect(secretUntil(key, 2, now)).toEqual(soon)
    expect(secretUntil(key, 1, now)).toBe(null)
    expect(secretUntil(key, 4, now)).toBe(null)
    expect(secretUntil({ ...key, oldUntil: null }, 2, now)).toBe(null)
    expect(secretUntil(key, 2, soon)).toBe(null)
  })

  test('never beyond the key itself, and not at all once it is revoked or over', () => {
    expect(secretUntil({ ...key, expiresAt: soon, oldUntil: later }, 2, now)).toEqual(soon)
    expect(secretUntil({ ...key, revokedAt: now }, 3, now)).toBe(null)
    expect(secretUntil(key, 3, later)).toBe(null)
  })
})
