import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Outbox } from './outbox.ts'
import { startReporter } from './reporter.ts'
import type { Report } from './wire.ts'

const start = () => {
  const told: { report: Report; key: string | null }[] = []
  const waiting: Report['refused'] = []
  let acknowledged = 1
  const outbox = {
    next: () => (waiting.length === 0 ? null : { sessions: [], ended: [], refused: [...waiting], breakGlass: [] }),
    confirm: () => void waiting.splice(0),
  } as unknown as Outbox
  const reporter = startReporter({
    client: { report: async (report, key) => void told.push({ report, key }) },
    outbox,
    acknowledged: () => acknowledged,
    posture: () => null,
    skewSeconds: () => null,
    outcome: () => undefined,
  })
  return { told, reporter, waiting, know: (sequence: number) => (acknowledged = sequence) }
}
const event = { at: '2026-11-29T12:00:00.000Z', login: null, keyId: null, reason: 'grant_unknown' }

test('what has time is told within it, however much news comes meanwhile, and under no key', async () => {
  const { told, reporter, know } = start()
  const until = performance.now() + 300
  for (let sequence = 2; performance.now() < until; sequence += 1) {
    know(sequence)
    reporter.wake({ withinMs: 300 })
    await pause(5)
  }
  await expect.poll(() => told.length).toBeGreaterThan(0)
  expect(told[0]?.key).toBeNull()
  await reporter.stop()
})

test('what has no time takes along what has; an event is told under a key, since it must not be told twice', async () => {
  const { told, reporter, waiting, know } = start()
  know(2)
  reporter.wake({ withinMs: 60_000 })
  await pause(50)
  expect(told).toEqual([])
  waiting.push(event)
  reporter.wake()
  await expect.poll(() => told).toMatchObject([{ report: { acknowledged: 2, refused: [event] }, key: expect.any(String) }])
  know(3)
  reporter.wake({ withinMs: 60_000 })
  reporter.wake({ now: true })
  await expect.poll(() => told.length).toBe(2)
  await reporter.stop()
})
