import { describe, expect, it } from 'vitest'
import { remember, seenOf, type SeenStore } from './memory.ts'

const storeOf = (): SeenStore & { held: Map<string, string> } => {
  const held = new Map<string, string>()
  return { held, getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) }
}
const seen = (size: number) => ({ size, root: 'ab'.repeat(32), at: '2026-11-01T10:00:00.000Z' })

describe('what this browser saw', () => {
  it('is kept for each organisation, the longest only', () => {
    const store = storeOf()
    expect(seenOf('a', store)).toBeNull()
    expect(remember('a', seen(10), store)).toBe(true)
    expect(remember('a', seen(4), store)).toBe(false)
    expect(seenOf('a', store)?.size).toBe(10)
    expect(seenOf('b', store)).toBeNull()
  })

  it('does not believe what is no memory, and lives without storage', () => {
    const store = storeOf()
    store.held.set('holdfast.seen.a', '{"size":"many"}')
    expect(seenOf('a', store)).toBeNull()
    store.held.set('holdfast.seen.a', 'not json')
    expect(seenOf('a', store)).toBeNull()
    const refusing: SeenStore = {
      getItem: () => {
        throw new Error('off')
      },
      setItem: () => {
        throw new Error('full')
      },
    }
    expect(seenOf('a', refusing)).toBeNull()
    expect(remember('a', seen(1), refusing)).toBe(false)
  })
})
