import { randomFillSync } from 'node:crypto'

const drawn = 1024

/** Gives `size` random bytes a call, drawn from the system's source for many calls at once. What it gave is overwritten later: copy it. */
export const randomPool = (size: number): (() => Buffer) => {
  const pool = Buffer.alloc(size * drawn)
  let next = pool.length
  return () => {
    if (next === pool.length) {
      randomFillSync(pool)
      next = 0
    }
    next += size
    return pool.subarray(next - size, next)
  }
}
