import { expect, test } from 'vitest'
import { wrapKey } from './wrapping.ts'

const item = (scope: string) => ({ plaintext: Buffer.from(scope), context: { scope, version: '1' } })

/** Answers when told to. */
const slowServer = () => {
  const calls: { scopes: string[]; answer: () => void; fail: () => void }[] = []
  const wrap = (items: readonly { context: Record<string, string> }[]) =>
    new Promise<{ wrapped: Buffer<ArrayBuffer>; version: number }[]>((resolve, reject) => {
      const scopes = items.map(({ context }) => context['scope'] ?? '')
      const answer = () => resolve(scopes.map((scope) => ({ wrapped: Buffer.from(`wrapped ${scope}`), version: 1 })))
      calls.push({ scopes, answer, fail: () => reject(new Error('down')) })
    })
  return { calls, keyServer: { wrap } }
}

test('keys of one moment share a call, and each gets its own', async () => {
  const { calls, keyServer } = slowServer()
  const all = ['a', 'b', 'c', 'd', 'e'].map((scope) => wrapKey(keyServer, item(scope)))
  expect(calls.map(({ scopes }) => scopes)).toEqual([['a'], ['b']]) // nobody waits while nobody is asked
  calls[0]?.answer()
  await all[0]
  expect(calls[2]?.scopes).toEqual(['c', 'd', 'e'])
  calls[1]?.answer()
  calls[2]?.answer()
  expect((await Promise.all(all)).map(({ wrapped }) => wrapped.toString())).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((scope) => `wrapped ${scope}`),
  )
})

test('a failure is everybody’s who was in it, and nobody else’s', async () => {
  const { calls, keyServer } = slowServer()
  const [one, two] = [wrapKey(keyServer, item('one')), wrapKey(keyServer, item('two'))]
  calls[0]?.fail()
  await expect(one).rejects.toThrow('down')
  calls[1]?.answer()
  expect((await two).wrapped.toString()).toBe('wrapped two')
})
