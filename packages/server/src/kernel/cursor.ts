import type { z } from 'zod'
import { common } from './problem.ts'

/**
 * Where a page begins; null for the first. A cursor that no page ended with is refused: to begin again from the start would keep a client
 * that pages through a list there for ever.
 */
export const cursorOf = <T>(schema: z.ZodType<T>, after: string | undefined): T | null => {
  if (after === undefined) return null
  const parsed = schema.safeParse(after)
  if (!parsed.success) throw common('invalid_input', { errors: [{ path: 'after', message: 'not a cursor of this list' }] })
  return parsed.data
}
