import { expect, test } from 'vitest'
import { atMostEachSecond } from './pages.ts'

test('however many ask within a second, the parts are asked once', async () => {
  let now = 0
  let asked = 0
  const ask = atMostEachSecond(
    async () => ++asked,
    () => now,
  )
  expect(await Promise.all(Array.from({ length: 100 }, ask))).toEqual(Array.from({ length: 100 }, () => 1))
  now = 999
  expect(await ask()).toBe(1)
  now = 1_000
  expect(await ask()).toBe(2)
})
