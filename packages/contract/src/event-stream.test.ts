import { expect, test } from 'vitest'
import { access } from './access-news.ts'
import { eventsOf } from './event-stream.ts'

const told = async (chunks: readonly string[]): Promise<unknown[]> => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
  return Array.fromAsync(eventsOf(access.news, new Response(body)))
}
const event = (about: string) => `event: changed\ndata: {"about":["${about}"]}\n\n`

test('events in the order in which they come, however they are cut; comments are passed over', async () => {
  const text = `${event('grants')}:\n\n${event('approvals')}`
  const both = [{ about: ['grants'] }, { about: ['approvals'] }]
  expect(await told([text])).toEqual(both)
  expect(await told([...text])).toEqual(both)
  expect(await told([text.replaceAll('\n', '\r\n')])).toEqual(both)
})

test('what has another name, none, or no end is no event; what is none of ours breaks off', async () => {
  expect(await told([event('grants').replace('changed', 'other'), 'data: {}\n\n', 'event: changed\ndata: {"about"'])).toEqual([])
  for (const bad of [event('elsewhere'), 'event: changed\ndata: {\n\n', 'x'.repeat(70_000)])
    await expect(told([bad]), bad.slice(0, 30)).rejects.toThrow()
  expect(await Array.fromAsync(eventsOf(access.news, new Response(null)))).toEqual([])
})
