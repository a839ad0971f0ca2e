/** `holdfast ssh` waits for its approval: told by the server where it tells, and asking by itself where it does not. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { detail, requested, running, useAccessServer } from './access-server.ts'

const { handlers, asked, cli } = useAccessServer()
const full = ['ssh', 'web-1', '-l', 'app', '--for', '30m', '--reason', 'Queue', '--code', '123456']
const event = 'event: changed\ndata: {"about":["grants"]}\n\n'
const calmMs = 30_000
/** Time passes, but for the long waits, which only news end. */
const onSleep = (ms: number): Promise<void> => (ms === calmMs ? new Promise(() => undefined) : pause(20))

it('is told: it asks hardly ever meanwhile, and goes on as soon as there is news', async () => {
  let approved = false
  let tell: () => void = () => undefined
  handlers['grant.read'] = () => ({ body: detail(approved ? running() : requested()) })
  handlers['access.news'] = () => ({
    raw: (response) => {
      response.write(event)
      tell = () => {
        approved = true
        response.write(event)
      }
    },
  })
  const outcome = cli(full, { onSleep })
  await expect.poll(() => asked('grant.read').length, { timeout: 5_000 }).toBeGreaterThan(0)
  await pause(1000) // the stream is there, and what it told at first was looked at
  const looks = asked('grant.read').length
  await pause(200)
  expect(asked('grant.read')).toHaveLength(looks)
  tell()
  const { code, waits } = await outcome
  expect(code).toBe(0)
  expect(waits.at(-1)).toBe(calmMs)
  expect(asked('grant.read')).toHaveLength(looks + 2) // once when it was told, once after the session: why it ended
})

it('is told no more when the stream breaks off: it asks by itself again', async () => {
  handlers['grant.read'] = (_, times) => ({ body: detail(times < 8 ? requested() : running()) })
  handlers['access.news'] = () => ({
    raw: (response) => void response.write(event, () => response.destroy()),
  })
  const { code, waits } = await cli(full, { onSleep: () => pause(20) })
  expect(code).toBe(0)
  expect(waits.filter((ms) => ms < calmMs).length).toBeGreaterThan(2)
  expect(asked('access.news')).toHaveLength(1)
})
