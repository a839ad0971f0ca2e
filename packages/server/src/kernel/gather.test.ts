import { expect, test } from 'vitest'
import { gather } from './gather.ts'

/** A database that answers when told to, with how often it had been told when it was asked. */
const slowDatabase = () => {
  const asked: (readonly string[])[] = []
  const answers: (() => void)[] = []
  const find = gather(async (ids: readonly string[]) => {
    asked.push(ids)
    const at = asked.length
    await new Promise<void>((resolve) => answers.push(resolve))
    return new Map(ids.filter((id) => id !== 'nobody').map((id) => [id, at]))
  }, 1)
  return { asked, answers, find }
}

test('asks at once when nothing is under way, then together, each id once', async () => {
  const { asked, answers, find } = slowDatabase()
  const first = find('a')
  const rest = [find('b'), find('c'), find('b'), find('nobody')]
  expect(asked).toEqual([['a']])
  answers[0]?.()
  expect(await first).toBe(1)
  answers[1]?.()
  expect(await Promise.all(rest)).toEqual([2, 2, 2, undefined])
  expect(asked).toEqual([['a'], ['b', 'c', 'nobody']])
})

test('a question that comes while its own id is being asked waits for a newer answer', async () => {
  const { answers, find } = slowDatabase()
  const [before, after] = [find('a'), find('a')]
  answers[0]?.()
  await before
  answers[1]?.()
  expect([await before, await after]).toEqual([1, 2])
})

test('a failure reaches exactly those who asked, and the next are asked again', async () => {
  let broken = true
  const find = gather(async (ids: readonly string[]) => {
    if (broken) throw new Error('gone')
    return new Map(ids.map((id) => [id, id]))
  }, 1)
  const failing = find('a')
  const later = find('b')
  broken = false
  await expect(failing).rejects.toThrow('gone')
  expect(await later).toBe('b')
})
