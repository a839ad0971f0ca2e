import type pg from 'pg'
import { OrgId } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createTestDatabase, type TestDatabase } from '../../test/database.ts'
import { createChangeFeed, waves, type ChangeFeed } from './change-feed.ts'

const ours = OrgId.parse('01a2088f-ac24-7cd1-bf2e-81b6e516e650')
const theirs = OrgId.parse('01a2088f-ac24-7cd1-bf2e-81b6e516e651')

let database: TestDatabase
let root: pg.Client
let feed: ChangeFeed
const errors: unknown[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  root = await connect(database.admin)
  feed = createChangeFeed(
    () => connect(database.app),
    (error) => errors.push(error),
  )
})
afterAll(async () => {
  await feed.close()
  await root.end()
  await database.drop()
})

const notify = (text: string, channel = 'holdfast_access') => root.query('select pg_notify($1, $2)', [channel, text])
const never = new AbortController().signal
const follow = (orgId: OrgId, name: string, current = 0, signal = never) =>
  feed.follow({ audience: 'hosts', orgId, name, current: async () => current, signal })[Symbol.asyncIterator]()

test('what is now, then each change of one’s own organisation; several at once are one', async () => {
  const events = follow(ours, 'a', 7)
  expect(await events.next()).toEqual({ value: 7, done: false })
  const next = events.next()
  await notify(`${theirs} 99`)
  await notify(`${ours} 8`)
  expect(await next).toEqual({ value: 8, done: false })
  await notify(`${ours} 9`)
  await notify(`${ours} 11`)
  await notify(`${ours} 10`) // never backwards
  await expect.poll(async () => (await root.query(`select 1`)).rowCount).toBe(1)
  const last = await events.next()
  expect([9, 11]).toContain(last.value)
  if (last.value === 9) expect((await events.next()).value).toBe(11)
  await events.return?.()
  expect(feed.state().followers).toBe(0)
})

test('a second of one name ends the first; a signal ends its own; one that must leave is let go', async () => {
  const first = follow(ours, 'a')
  await first.next()
  const second = follow(ours, 'a')
  await second.next()
  expect(await first.next()).toMatchObject({ done: true })
  const waiting = second.next()
  await notify(`${ours} 12 a`)
  const told = await waiting
  if (!told.done) expect(await second.next()).toMatchObject({ done: true })
  const leaving = new AbortController()
  const third = follow(ours, 'b', 1, leaving.signal)
  await third.next()
  const over = third.next()
  leaving.abort()
  expect(await over).toMatchObject({ done: true })
  expect(feed.state().followers).toBe(0)
})

test('a feed that hears nothing any more pretends nothing: streams end, the next listens anew', async () => {
  const events = follow(ours, 'a', 1)
  await events.next()
  const over = events.next()
  await root.query(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen holdfast_%'`)
  expect(await over).toMatchObject({ done: true })
  expect(errors.length).toBeGreaterThan(0)
  const again = follow(ours, 'a', 2)
  expect(await again.next()).toEqual({ value: 2, done: false })
  const next = again.next()
  await notify(`${ours} 3`)
  expect(await next).toEqual({ value: 3, done: false })
  await again.return?.()
})

test('what is for people is not told to hosts', async () => {
  const people = feed
    .follow({ audience: 'people', orgId: ours, name: 'p', current: async () => 0, signal: never })
    [Symbol.asyncIterator]()
  const hosts = follow(ours, 'h')
  await people.next()
  await hosts.next()
  const [toPeople, toHosts] = [people.next(), hosts.next()]
  await notify(`${ours} 77`, 'holdfast_people')
  expect(await toPeople).toEqual({ value: 77, done: false })
  await notify(`${ours} 78`)
  expect(await toHosts).toEqual({ value: 78, done: false })
  await people.return?.()
  await hosts.return?.()
})

test('where nobody can listen, nobody is told that all is well', async () => {
  const deaf = createChangeFeed(
    () => Promise.reject(new Error('no database')),
    () => {},
  )
  const stream = deaf
    .follow({ audience: 'hosts', orgId: ours, name: 'a', current: async () => 1, signal: never })
    [Symbol.asyncIterator]()
  await expect(stream.next()).rejects.toThrow('no database')
  await deaf.close()
  await expect(
    deaf
      .follow({ audience: 'people', orgId: ours, name: 'a', current: async () => 1, signal: never })
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toThrow('closed')
})

test.each([
  ['asks for what has changed', false, waves.asking],
  ['is given what has changed', true, waves.given],
])('a large fleet that %s is told in waves, each host once', async (_, given, wave) => {
  const large = 2 * wave.followers + 50
  const toldAt: number[] = []
  const leaving = new AbortController()
  const listen = async (index: number) => {
    const following = { audience: 'hosts', orgId: ours, name: `host-${index}`, signal: leaving.signal, given } as const
    for await (const number of feed.follow({ ...following, current: async () => 1 }))
      if (number > 1) toldAt.push(performance.now())
  }
  const listening = Array.from({ length: large }, (_, index) => listen(index))
  await expect.poll(() => feed.followersOf('hosts', ours)).toBe(large)
  expect(feed.followersOf('hosts', theirs)).toBe(0)
  await root.query('select 1') // by now all have had what is current, and wait
  await notify(`${ours} 2`)
  await expect.poll(() => toldAt.length, { timeout: 5000 }).toBe(large)
  const after = (place: number): number => (toldAt[place] ?? 0) - (toldAt[0] ?? 0)
  expect(after(wave.followers)).toBeGreaterThan(0.9 * wave.everyMs)
  expect(after(2 * wave.followers)).toBeGreaterThan(1.9 * wave.everyMs)
  leaving.abort()
  await Promise.all(listening)
  expect(toldAt).toHaveLength(large)
})
