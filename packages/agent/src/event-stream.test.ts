import { expect, test } from 'vitest'
import { longestLine, readEvents, type ServerEvent } from './event-stream.ts'

const read = (...chunks: string[]): ServerEvent[] => {
  const found: ServerEvent[] = []
  const feed = readEvents((event) => found.push(event))
  for (const chunk of chunks) feed(chunk)
  return found
}

test('events, wherever the text is cut in pieces, with either end of line; comments and heartbeats are none', () => {
  const text =
    ':\n\nevent: changed\ndata: {"sequence":1}\n\n: still there\n\nevent: changed\r\ndata:{"sequence":2}\r\n\r\ndata: of none\n\n'
  const events = [
    { event: 'changed', data: '{"sequence":1}' },
    { event: 'changed', data: '{"sequence":2}' },
  ]
  expect(read(text)).toEqual(events)
  expect(read(...text)).toEqual(events)
  for (let at = 0; at < text.length; at += 1) expect(read(text.slice(0, at), text.slice(at))).toEqual(events)
})

test('what is longer than is held is told without its data, and what follows is read again', () => {
  const long = `event: changed\ndata: ${'x'.repeat(3 * longestLine)}\n\nevent: changed\ndata: 2\n\n`
  const pieces = long.match(/[^]{1,50000}/g) ?? []
  expect(read(...pieces)).toEqual([
    { event: 'changed', data: null },
    { event: 'changed', data: '2' },
  ])
  expect(read('event: changed\n\n')).toEqual([{ event: 'changed', data: null }])
})
