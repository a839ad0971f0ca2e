import { expect, test } from 'vitest'
import { createLargeBodies, largeBytes, weightOf } from './large-bodies.ts'

test('uploads are counted, answers are weighed, and both come free again', () => {
  const large = createLargeBodies({ uploads: 2, answerBytes: 100 })
  const [first] = [large.takeUpload(), large.takeUpload()]
  expect(() => large.takeUpload()).toThrow('overloaded')
  first?.()
  large.takeUpload()
  const fetched = large.holdAnswer(60)
  expect(() => large.holdAnswer(41)).toThrow('overloaded')
  large.holdAnswer(40)
  fetched()
  large.holdAnswer(60)
})

test('a usual body weighs nothing', () => {
  expect([0, largeBytes - 1, largeBytes, 7_000_000].map(weightOf)).toEqual([0, 0, 1, 26])
})
