import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { compare } from './comparing.ts'
import { diffLines } from './rules.ts'

const unlike = (sign: string, lines: number): string => Array.from({ length: lines }, (_, at) => `${sign}${at * 7919}`).join('\n')

/** The longest that nothing else could happen while something was done, milliseconds. */
const longestPause = async (work: () => Promise<unknown>): Promise<number> => {
  let done = false
  const working = work().finally(() => (done = true))
  let longest = 0
  while (!done) {
    const begun = performance.now()
    await pause(1)
    longest = Math.max(longest, performance.now() - begun)
  }
  await working
  return longest
}

test('texts with nothing in common keep nobody else waiting; compared here they would', async () => {
  const [before, after] = [unlike('a', 4_000), unlike('b', 4_000)]
  const alone = performance.now()
  expect(diffLines(before, after, 600)).toBeNull()
  expect(performance.now() - alone).toBeGreaterThan(500)
  // The best of three: a busy machine pauses now and then, work that blocks does so each time.
  const pauses: number[] = []
  for (let n = 0; n < 3; n++) pauses.push(await longestPause(() => compare(before, after)))
  expect(Math.min(...pauses)).toBeLessThan(400)
})

test('large texts that differ little are compared in the thread', async () => {
  const before = unlike('a', 20_000)
  expect(await compare(before, `${before}\nmore`)).toMatchObject({ added: 2, removed: 1 })
  expect(await compare('one\ntwo', 'one\nthree')).toMatchObject({ added: 1, removed: 1 })
})

test('few wait; the rest is told to come back', async () => {
  const [before, after] = [unlike('a', 20_000), unlike('a', 20_001)]
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => compare(before, after)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(4)
  await expect(compare(before, after)).resolves.not.toBeNull()
})
