import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { bootId, createClock, uptimeSeconds } from './clock.ts'

afterEach(() => void vi.useRealTimers())
const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(500)

it('goes by the server, however wrong this host’s clock is, and says how wrong', () => {
  const clock = createClock()
  const hourAgo = Date.now() - 3_600_000
  clock.learn(hourAgo, 0)
  near(clock.now(), hourAgo)
  expect(Math.abs(clock.skewSeconds() - 3600)).toBeLessThanOrEqual(1)
  near(clock.uptimeAt(hourAgo + 10_000) * 1000, (uptimeSeconds() + 10) * 1000)
})

it('is not moved when somebody sets the wall clock', async () => {
  const clock = createClock()
  clock.learn(Date.now(), 0)
  const before = clock.now()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 })
  await sleep(50)
  near(clock.now(), before)
  expect(clock.now()).toBeGreaterThan(before)
})

it('is carried over a restart of the agent, and not over one of the machine', () => {
  const server = Date.now() - 3_600_000
  const reading = { bootId: bootId(), uptimeSeconds: uptimeSeconds() - 5, serverMs: server }
  near(createClock(reading).now(), server + 5000)
  near(createClock({ ...reading, bootId: 'another' }).now(), Date.now())
  expect([createClock(reading).proved(), createClock({ ...reading, bootId: 'another' }).proved()]).toEqual([true, false])
})

it('is not earlier than when the server was last heard, though the machine was started anew with a clock that is behind', () => {
  const heard = Date.now() + 3_600_000
  const clock = createClock({ bootId: 'another', uptimeSeconds: 5, serverMs: heard })
  near(clock.now(), heard)
  expect(clock.proved()).toBe(false)
  clock.learn(heard + 60_000, 0)
  near(clock.now(), heard + 60_000)
  expect(clock.proved()).toBe(true)
})

it('is not spoiled by a slow answer, and corrected by a quick one', () => {
  const clock = createClock()
  const server = Date.now() - 3_600_000
  clock.learn(server, 20)
  clock.learn(server - 900, 1000)
  expect(Math.abs(clock.now() - server)).toBeLessThan(100)
  clock.learn(server + 5000, 10)
  expect(Math.abs(clock.now() - server - 5000)).toBeLessThan(100)
})
