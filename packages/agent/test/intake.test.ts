/** States that come along with the news: what they put in force, what they must not be believed for, and when they are fetched instead. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { ed25519PublicKey, formatPublicKey } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createClock, type HostClock } from '../src/clock.ts'
import { createIntake, type Intake } from '../src/intake.ts'
import { layoutOf, type Layout } from '../src/paths.ts'
import { connectServer, type ServerClient } from '../src/server-client.ts'
import type { LiveSession, Sessions } from '../src/sessions.ts'
import { startSync } from '../src/sync.ts'
import type { AgentState, Change } from '../src/wire.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

let server: WireServer
let client: ServerClient
let authorities: string[]
beforeAll(async () => {
  server = await startWireServer()
  const { url, authority, token } = server
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const hostPublicKey = formatPublicKey(ed25519PublicKey(Buffer.from(x ?? '', 'base64url')))
  const first = connectServer({ server: url, authority, agentKey: null })
  const { agentKey, revocationAuthorities } = await first.enrol({ token, hostPublicKey, agentVersion: 'test' })
  first.close()
  authorities = revocationAuthorities
  client = connectServer({ server: url, authority, agentKey })
})
afterAll(async () => {
  client?.close()
  await server?.close()
})

let layout: Layout
let clock: HostClock
let intake: Intake
let killed: string[]
let inForce: [sequence: number, withinMs: number][]
let dismissed: boolean
let live: LiveSession[]
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'holdfast-intake-')))
  for (const file of [layout.hostKey, layout.stateFile, layout.settings]) mkdirSync(dirname(file), { recursive: true })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', layout.hostKey])
  clock = createClock()
  killed = []
  inForce = []
  dismissed = false
  live = []
  const sessions = {
    all: () => live,
    end: async (id: string) => void killed.push(id),
    reschedule: () => undefined,
  } as unknown as Sessions
  intake = createIntake({
    ...{ layout, clock, client, sessions, authorities, trial: (belief) => belief },
    host: { orgId: server.orgId, hostId: server.hostId },
    dismissed: () => dismissed,
    answered: () => undefined,
    inForce: ({ sequence }, withinMs) => inForce.push([sequence, withinMs]),
  })
  return () => rmSync(layout.root, { recursive: true })
})

const publicKey = () => {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  return formatPublicKey(ed25519PublicKey(Buffer.from(x ?? '', 'base64url')))
}
const give = () => server.grant({ login: 'deploy', seconds: 600, publicKey: publicKey() })
/** What the server would send along now. */
const news = async (acknowledgeWithinMs = 2000): Promise<Change & { state: AgentState }> => {
  const { state } = await client.state()
  return { sequence: state.sequence, state, acknowledgeWithinMs }
}

test('a revocation that comes along is in force without a question, and is acknowledged at once', async () => {
  const given = await give()
  await intake.fetch()
  live = [{ id: 'ls_1', grantId: given.id, endsAtMs: Date.parse(given.endsAt), watchdog: {} } as LiveSession]
  await server.revoke(given)
  const change = await news()
  const before = server.fetches
  expect(await intake.take(change)).toBe(true)
  expect(server.fetches).toBe(before)
  expect(killed).toEqual(['ls_1'])
  expect(inForce.at(-1)).toEqual([change.sequence, 0])
  expect(intake.acknowledged()).toBe(change.sequence)
  expect(intake.belief()?.grants.has(given.id)).toBe(false)
})

test('a change of others, too, but it may be acknowledged later', async () => {
  await intake.fetch()
  await server.bump()
  const change = await news()
  expect(await intake.take(change)).toBe(true)
  expect(inForce.at(-1)).toEqual([change.sequence, 2000])
})

test('it is fetched where nothing came along, where the time is not known, and where the server says that it knows this host no more', async () => {
  await server.bump()
  const early = await news()
  expect(await intake.take(early)).toBe(false) // nothing is believed yet
  await intake.fetch()
  expect(await intake.take(early)).toBe(true) // nothing new
  await server.bump()
  const change = await news()
  expect(await intake.take(null)).toBe(false)
  expect(await intake.take({ sequence: change.sequence, acknowledgeWithinMs: 0 })).toBe(false)
  expect(await intake.take({ ...change, sequence: change.sequence + 1 })).toBe(false)
  dismissed = true
  expect(await intake.take(change)).toBe(false)
  dismissed = false
  const [proved, learned] = [clock.proved, clock.learn]
  clock.proved = () => false
  expect(await intake.take(change)).toBe(false)
  clock.proved = proved
  clock.learn = () => expect.unreachable('from what came along no time is learned')
  expect(await intake.take(change)).toBe(true) // it was these that held
  clock.learn = learned
})

test('one that was held up on the way gives no fresh word: being cut off counts from when it was said', async () => {
  await intake.fetch()
  const heard = intake.belief()?.heardAtMs ?? 0
  await server.bump()
  const change = await news()
  const now = clock.now
  clock.now = () => now() + 300_000
  expect(await intake.take(change)).toBe(true)
  expect(intake.belief()?.heardAtMs).toBe(Math.max(heard, Date.parse(change.state.now)))
  // Its list runs out by itself, like every other.
  await server.bump()
  const late = await news()
  clock.now = () => now() + 700_000
  await expect(intake.take(late)).rejects.toThrow(/expired/)
  clock.now = now
  expect(await intake.take(late)).toBe(true)
})

test('an older one revokes nothing back, and one that is forged is not believed; a fetch that was overtaken changes nothing', async () => {
  const given = await give()
  await intake.fetch()
  const older = await news()
  await server.revoke(given)
  const change = await news()
  expect(await intake.take(change)).toBe(true)
  expect(await intake.take(older)).toBe(true)
  expect(intake.belief()?.sequence).toBe(change.sequence)
  await expect(intake.take({ ...change, sequence: 10_000, state: { ...older.state, sequence: 10_000 } })).rejects.toThrow(
    /older|version/,
  )
  await server.bump()
  const forged = await news()
  const bytes = Buffer.from(forged.state.bundle, 'base64')
  forged.state.bundle = bytes.fill(7, bytes.length - 20).toString('base64')
  await expect(intake.take(forged)).rejects.toThrow(/signature/)
  expect(intake.belief()?.sequence).toBe(change.sequence)
  // The answer was on its way when a newer state came along.
  const newest = await news()
  let arrives = (): void => undefined
  const arrived = new Promise<void>((resolve) => (arrives = resolve))
  const asked = client.state
  client.state = async () => {
    await arrived
    return { state: change.state, roundTripMs: 1 }
  }
  const fetching = intake.fetch()
  await intake.take(newest)
  arrives()
  await fetching
  client.state = asked
  expect(intake.belief()?.sequence).toBe(newest.sequence)
  client.state = async () => ({ state: change.state, roundTripMs: 1 })
  await expect(intake.fetch()).rejects.toThrow(/older|version/)
  client.state = asked
})

test('over the stream: taken from it; from a server that sends numbers only, or what cannot be believed, it is fetched', async () => {
  const failures: unknown[] = []
  const outcome = (error: unknown) => void (error === null || failures.push(error))
  const sync = startSync({ client, fetch: () => intake.fetch(), take: (change) => intake.take(change), outcome, pollMs: 60_000 })
  const newest = () => intake.belief()?.sequence ?? 0
  const changed = async (): Promise<number> => {
    const [before, fetched] = [newest(), server.fetches]
    await server.bump()
    await expect.poll(newest).toBe(before + 1)
    return server.fetches - fetched
  }
  await expect.poll(() => sync.streaming()).toBe(true)
  await sync.now()
  await sync.now()
  expect(await changed()).toBe(0)
  server.sparing = true
  expect(await changed()).toBe(1)
  server.sparing = false
  const [before, fetched] = [newest(), server.fetches]
  server.tamper = (state) => ({ ...state, bundle: '' })
  await server.bump()
  await expect.poll(() => failures.length).toBeGreaterThan(0)
  expect(server.fetches).toBeGreaterThan(fetched)
  expect(newest()).toBe(before)
  server.tamper = null
  await expect.poll(newest).toBe(before + 1)
  await sync.stop()
})
