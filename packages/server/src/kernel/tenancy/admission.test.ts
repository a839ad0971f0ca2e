import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { softLimit } from './admission.ts'

test('lets in as many as the limit, the others in their order as somebody leaves', async () => {
  const admit = softLimit(2, 10_000)
  const [first, second] = [await admit(), await admit()]
  const order: string[] = []
  const third = admit().then((leave) => (order.push('third'), leave))
  const fourth = admit().then((leave) => (order.push('fourth'), leave))
  await sleep(5)
  expect(order).toEqual([])
  first()
  first() // leaving twice makes no second place
  const leaveThird = await third
  expect(order).toEqual(['third'])
  leaveThird()
  ;(await fourth)()
  second()
  expect(order).toEqual(['third', 'fourth'])
})

test('patience ends: one who waits for himself gets in all the same', async () => {
  const admit = softLimit(1, 20)
  const outer = await admit()
  const inner = await admit()
  inner()
  outer()
  ;(await admit())()
})
