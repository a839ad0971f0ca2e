import { common } from '../problem.ts'

/**
 * Lets few large bodies in at a time: each is held whole while it arrives, and again as text and as a value. What it gives is called when the
 * request is done; throws `overloaded` beyond the limit.
 */
export const largeBodies = (limit = 16): (() => () => void) => {
  let inWork = 0
  return () => {
    if (inWork >= limit) throw common('overloaded', { retryAfterSeconds: 2 })
    inWork++
    return () => void inWork--
  }
}
