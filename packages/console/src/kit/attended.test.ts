import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { attendedAt, attendedHeaders, noteAttended } from './attended.ts'

const stored = new Map<string, string>()
beforeEach(() => {
  stored.clear()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
  })
})
afterEach(() => vi.unstubAllGlobals())

test('a request says that somebody is there for a minute after a hand was on the page, and not before', () => {
  expect(attendedHeaders(1_000_000)).toEqual({})
  noteAttended(1_000_000)
  expect(attendedHeaders(1_059_000)).toEqual({ 'holdfast-attended': '1' })
  expect(attendedHeaders(1_061_000)).toEqual({})
  noteAttended(1_000_500)
  expect(attendedAt()).toBe(1_000_000)
})
