/** What the server does not understand holds up nothing else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agent } from '@holdfast/contract'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openOutbox, type Outbox } from './outbox.ts'
import { startReporter } from './reporter.ts'
import { ServerRefused } from './server-client.ts'
import type { Posture, Report } from './wire.ts'

let directory: string
let outbox: Outbox
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-reporter-'))
  outbox = openOutbox(join(directory, 'outbox.json'))
})
afterEach(async () => {
  await outbox.settle()
  rmSync(directory, { recursive: true, force: true })
})

const at = '2026-11-29T12:00:00.000Z'
const session = (n: number) => `ls_${String(n).padStart(26, '0')}`
/** Takes what the contract takes, and notes it. */
const serverOf = (taken: Report[], attempts: { count: number }) => ({
  report: (report: Report): Promise<void> => {
    attempts.count += 1
    if (!agent.report.input.safeParse(report).success)
      return Promise.reject(new ServerRefused(400, 'invalid_input', 'the server answered 400 invalid_input'))
    taken.push(report)
    return Promise.resolve()
  },
})
const reporting = (taken: Report[], more: { skew?: number; posture?: Posture } = {}) => {
  const [attempts, failures] = [{ count: 0 }, [] as unknown[]]
  const reporter = startReporter({
    client: serverOf(taken, attempts),
    outbox,
    acknowledged: () => 1,
    posture: () => more.posture ?? null,
    skewSeconds: () => more.skew ?? null,
    outcome: (error) => void (error !== null && failures.push(error)),
  })
  return { reporter, attempts, failures }
}

it('one event that the server never takes is left out and said; the end of a session and emergency access arrive', async () => {
  outbox.refused({ at, login: 'Not A Login', keyId: null, reason: 'grant_unknown' })
  outbox.ended({ id: session(1), at, toldAt: null, reason: 'closed', survivors: 0 })
  outbox.brokeGlass({ at, from: 'not an address', keyId: 'offline' })
  const taken: Report[] = []
  const { reporter, failures } = reporting(taken)
  reporter.wake()
  await expect.poll(() => outbox.size()).toBe(0)
  await reporter.stop()
  expect(taken.flatMap(({ ended }) => ended).map(({ id }) => id)).toEqual([session(1)])
  // Less is told of it, but that it happened is.
  expect(taken.flatMap(({ breakGlass }) => breakGlass)).toEqual([{ at, from: null, keyId: null }])
  expect(taken.flatMap(({ refused }) => refused)).toEqual([])
  expect(failures.length).toBeGreaterThan(0)
})

it('a clock that is a century off is told as far as it can be, and holds up nothing', async () => {
  outbox.ended({ id: session(2), at, toldAt: null, reason: 'closed', survivors: 0 })
  const taken: Report[] = []
  const { reporter } = reporting(taken, { skew: 3_000_000_000 })
  reporter.wake()
  await expect.poll(() => outbox.size()).toBe(0)
  await reporter.stop()
  expect(taken.at(-1)?.clockSkewSeconds).toBe(2_000_000_000)
  expect(taken.flatMap(({ ended }) => ended)).toHaveLength(1)
})

it('what was found of sshd and cannot be told is not told again and again', async () => {
  const taken: Report[] = []
  const { reporter, attempts } = reporting(taken, { posture: { at, accounts: -1, ways: [] } })
  reporter.wake()
  await expect.poll(() => taken.length).toBe(1)
  const before = attempts.count
  reporter.wake()
  await reporter.stop()
  expect(attempts.count).toBe(before)
})

it('a server that is away, or refuses for another reason, gets the very same report again', async () => {
  outbox.refused({ at, login: null, keyId: null, reason: 'grant_unknown' })
  const keys: (string | null)[] = []
  let away = true
  const reporter = startReporter({
    client: {
      report: (_, key) => {
        keys.push(key)
        return away ? Promise.reject(new ServerRefused(503, 'overloaded', 'busy')) : Promise.resolve()
      },
    },
    outbox,
    ...{ acknowledged: () => 1, posture: () => null, skewSeconds: () => null, outcome: () => undefined },
  })
  reporter.wake()
  await expect.poll(() => keys.length).toBe(1)
  away = false
  await expect.poll(() => outbox.size(), { timeout: 3000 }).toBe(0)
  await reporter.stop()
  expect(new Set(keys).size).toBe(1)
})

it('what stands between us and the server, and answers 400 itself, loses nothing', async () => {
  outbox.ended({ id: session(3), at, toldAt: null, reason: 'closed', survivors: 0 })
  let asked = 0
  const reporter = startReporter({
    client: {
      report: () => {
        asked += 1
        return Promise.reject(new ServerRefused(400, 'not_holdfast', 'a proxy'))
      },
    },
    outbox,
    ...{ acknowledged: () => 1, posture: () => null, skewSeconds: () => null, outcome: () => undefined },
  })
  reporter.wake()
  await expect.poll(() => asked).toBeGreaterThan(0)
  await reporter.stop()
  expect(outbox.size()).toBe(1)
})

it('a report that is refused though nothing can be left out of it is tried later, and not without end at once', async () => {
  let asked = 0
  const reporter = startReporter({
    client: {
      report: () => {
        asked += 1
        return Promise.reject(new ServerRefused(400, 'invalid_input', 'no'))
      },
    },
    outbox,
    ...{ acknowledged: () => 1, posture: () => null, skewSeconds: () => null, outcome: () => undefined },
  })
  reporter.wake()
  await expect.poll(() => asked).toBe(1)
  await reporter.stop()
  expect(asked).toBe(2) // the last attempt
})
