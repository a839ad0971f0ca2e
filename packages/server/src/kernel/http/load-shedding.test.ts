import { expect, test } from 'vitest'
import { lasting } from './load-shedding.ts'

test('one stall of the event loop is no overload, one that lasts is, and is over with it', () => {
  const delayMs = lasting()
  expect([0, 900, 0, 400, 600, 500, 10, 700].map(delayMs)).toEqual([0, 0, 0, 0, 400, 500, 10, 10])
})
