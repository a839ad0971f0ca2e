/** Rotation of the SSH authorities: which key signs when, who is waited for, and what is refused in the end. */
import { agent, apiKey, grant, host, obligations, sshAuthority, type InputOf } from '@holdfast/contract'
import { parseCertificate, parsePublicKey, sameKey, verifyBundle } from '@holdfast/crypto/ssh'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newCaller, type Caller } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { mayAdvance, type RotationRow } from './rules.ts'
import { advanceAll } from './upkeep.ts'

let stage: Stage
/** Outlives the sessions, which end while time is moved. */
let program: Caller
const stages: Stage[] = []
beforeEach(async () => {
  stage = await setStage()
  stages.push(stage)
  await stage.allow()
  const { key } = await stage.platform.call(apiKey.create, { name: 'k', role: 'reviewer' }, await stage.stepped(stage.admin))
  program = newCaller({ apiKey: key })
}, 60_000)
afterAll(() => Promise.all(stages.map(({ platform }) => platform.close())))

const minutes = (count: number) => count * 60_000
type Purpose = InputOf<typeof sshAuthority.rotate>['purpose']
type Enrolled = Awaited<ReturnType<Stage['enrolHost']>>

const look = async () => {
  const { platform, founded } = stage
  const log = () => undefined
  await advanceAll.run({ services: platform.services, orgId: founded.orgId, personId: null, log })
  await runDue(platform.services, founded.orgId)
}
const rotate = async (purpose: Purpose, waitSeconds = 3600) => {
  const { id } = await stage.platform.call(sshAuthority.rotate, { purpose, waitSeconds }, await stage.stepped(stage.admin))
  await look()
  return id
}
const status = () => stage.platform.call(sshAuthority.status, {}, program)
const rotation = async () => (await status()).rotations[0]
const keyOf = async (purpose: Purpose, version: number) => {
  const { authorities } = await stage.platform.services.ground.keyServer.sshAuthorities(stage.founded.orgId)
  return parsePublicKey(authorities[purpose].keys.find((key) => key.version === version)?.publicKey ?? '')
}
const signedBy = async (line: string, purpose: Purpose, version: number) =>
  sameKey(parseCertificate(line).authority, await keyOf(purpose, version))
const acknowledge = async ({ caller }: Enrolled) => {
  const { sequence } = await stage.platform.call(agent.state, {}, caller)
  await stage.platform.call(agent.report, { acknowledged: sequence }, caller)
}
const bundleFor = async ({ caller, revocationAuthorities }: Enrolled) => {
  const state = await stage.platform.call(agent.state, {}, caller)
  return verifyBundle(Buffer.from(state.bundle, 'base64'), {
    ...{ trusted: revocationAuthorities.map((line) => parsePublicKey(line)), org: stage.founded.orgId, kind: 'user' },
    ...{ minVersion: 0n, nowSeconds: Math.floor(Date.now() / 1000) },
  })
}

describe('a new authority for people', () => {
  test('signs when every server has said that it believes it, and not before; the old one is retired when nothing of it lives', async () => {
    const { platform } = stage
    const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
    const { grant: given } = await stage.give(a, { seconds: 3600 })
    await Promise.all([acknowledge(a), acknowledge(b)])
    expect(await signedBy((await stage.certificate(given.id)).certificate, 'user', 1)).toBe(true)

    await rotate('user')
    expect(await rotation()).toMatchObject({ state: 'announced', fromVersion: 1, toVersion: 2, servers: 2 })
    expect((await bundleFor(a)).authorities).toHaveLength(2)
    await acknowledge(a)
    await look()
    expect((await rotation())?.waitingFor).toMatchObject([{ id: b.hostId }])
    expect(await signedBy((await stage.certificate(given.id)).certificate, 'user', 1)).toBe(true)

    await acknowledge(b)
    await look()
    expect(await rotation()).toMatchObject({ state: 'moved', waitingFor: [], leftOut: [] })
    expect(await signedBy((await stage.certificate(given.id)).certificate, 'user', 2)).toBe(true)
    expect((await bundleFor(a)).authorities).toHaveLength(2)
    expect((await platform.call(obligations.list, {}, program)).rows).toEqual([])

    platform.clock.advance(minutes(19))
    await look()
    expect((await bundleFor(a)).authorities).toHaveLength(2)
    platform.clock.advance(minutes(2))
    await look()
    expect(await rotation()).toMatchObject({ state: 'done' })
    const { authorities } = await bundleFor(a)
    expect(authorities).toHaveLength(1)
    expect(sameKey(authorities[0]!, await keyOf('user', 2))).toBe(true)
    expect((await status()).authorities[0]?.versions.map(({ standing }) => standing)).toEqual(['signs', 'retired'])
  })

  test('a server that never acknowledges is named, warned of and escalated; then the new key signs without it', async () => {
    const { platform } = stage
    const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
    await rotate('user', 4 * 3600)
    await acknowledge(a)
    platform.clock.advance(minutes(4 * 60 - 5))
    await look()
    expect(await rotation()).toMatchObject({ state: 'announced', waitingFor: [{ id: b.hostId }] })
    platform.clock.advance(minutes(6))
    await look()
    expect(await rotation()).toMatchObject({ state: 'moved', leftOut: [b.hostId], waitingFor: [{ id: b.hostId }] })
    const { rows } = await platform.call(obligations.list, {}, program)
    expect(rows).toMatchObject([{ kind: 'ssh-authority.believed', late: true }])
    platform.clock.advance(minutes(30))
    await look()
    expect(await rotation()).toMatchObject({ state: 'done', leftOut: [b.hostId] })
    expect((await platform.call(obligations.list, {}, program)).rows).toEqual([])
  })

  test('one at a time; only who may, and the next begins where the last ended', async () => {
    const { platform } = stage
    await rotate('user')
    const admin = await stage.stepped(stage.admin)
    expect(await platform.refusal(sshAuthority.rotate, { purpose: 'user' }, admin)).toBe('rotation_running')
    expect(await platform.refusal(sshAuthority.rotate, { purpose: 'user' }, stage.reviewer.caller)).toBe('forbidden')
    await look()
    platform.clock.advance(minutes(25))
    await look()
    expect(await rotation()).toMatchObject({ state: 'done' })
    platform.clock.advance(-minutes(25))
    await rotate('user')
    expect(await rotation()).toMatchObject({ fromVersion: 2, toVersion: 3 })
  })

  test('a key that was made for a step that then failed is used, and no third one made', async () => {
    const { platform, founded } = stage
    const { keyServer } = platform.services.ground
    await keyServer.sshAuthorities(founded.orgId)
    const { id } = await platform.call(sshAuthority.rotate, { purpose: 'user' }, await stage.stepped(stage.admin))
    await keyServer.rotateSshAuthority(founded.orgId, 'user')
    await look()
    expect(await rotation()).toMatchObject({ id, toVersion: 2 })
    expect((await keyServer.sshAuthorities(founded.orgId)).authorities.user.current).toBe(2)
  })

  test('hastened: the new key signs at once, then the old one is dead; and nothing before the key is there', async () => {
    const { platform } = stage
    const { host: web, grant: given } = await stage.give(undefined, { seconds: 3600 })
    const admin = await stage.stepped(stage.admin)
    const { id } = await platform.call(sshAuthority.rotate, { purpose: 'user' }, admin)
    const hasten = () => platform.call(sshAuthority.hasten, { id, reason: 'It may have leaked' }, admin)
    expect(await platform.refusal(sshAuthority.hasten, { id, reason: 'x' }, admin)).toBe('rotation_not_ready')
    await look()
    expect(await hasten()).toMatchObject({ state: 'moved', leftOut: [web.hostId] })
    expect(await signedBy((await stage.certificate(given.id)).certificate, 'user', 2)).toBe(true)
    expect(await hasten()).toMatchObject({ state: 'done' })
    expect((await bundleFor(web)).authorities).toHaveLength(1)
    expect(await platform.refusal(sshAuthority.hasten, { id, reason: 'x' }, admin)).toBe('rotation_done')
  })
})

describe('a new authority for servers', () => {
  test('signs when clients know it; every server then gets a certificate of it, and the old one goes after the last', async () => {
    const { platform } = stage
    const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
    const { grant: given } = await stage.give(a, { seconds: 3600 })
    await rotate('host')
    expect((await stage.certificate(given.id)).knownHosts).toHaveLength(2)
    const due = async ({ caller }: Enrolled) => (await platform.call(agent.state, {}, caller)).hostCertificateDue
    const renew = ({ caller }: Enrolled) => platform.call(agent.renewHostCertificate, { hostPublicKey: newSshKey() }, caller)
    expect(await due(a)).toBe(false)
    expect(await signedBy((await renew(b)).hostCertificate, 'host', 1)).toBe(true)
    platform.clock.advance(minutes(16))
    await look()
    expect(await rotation()).toMatchObject({ state: 'moved' })
    expect(await due(a)).toBe(true)
    expect(await signedBy((await renew(a)).hostCertificate, 'host', 2)).toBe(true)
    expect(await due(a)).toBe(false)
    await look()
    expect(await rotation()).toMatchObject({ state: 'moved', waitingFor: [{ id: b.hostId }] })
    await renew(b)
    await look()
    expect(await rotation()).toMatchObject({ state: 'done' })
    expect((await platform.call(host.authorities, {}, program)).knownHosts).toHaveLength(1)
    expect((await platform.call(grant.read, { id: given.id }, program)).state).toBe('approved')
  })

  test('a server that never renews holds the old authority until its certificate has run out', async () => {
    const { platform } = stage
    await stage.enrolHost()
    await rotate('host')
    platform.clock.advance(minutes(16))
    await look()
    platform.clock.advance(13 * 86_400_000)
    await look()
    expect(await rotation()).toMatchObject({ state: 'moved' })
    platform.clock.advance(86_400_000)
    await look()
    expect(await rotation()).toMatchObject({ state: 'done' })
  })
})

test('a new key for bundles: the old one goes when every server has heard of it, however long that takes', async () => {
  const { platform } = stage
  const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
  await rotate('revocations', 60)
  await acknowledge(a)
  platform.clock.advance(minutes(600))
  await look()
  expect(await rotation()).toMatchObject({ state: 'announced', waitingFor: [{ id: b.hostId }] })
  await acknowledge(b)
  await look()
  expect(await rotation()).toMatchObject({ state: 'moved' })
  platform.clock.advance(minutes(11))
  await acknowledge(a)
  await look()
  expect(await rotation()).toMatchObject({ state: 'done' })
  const state = await platform.call(agent.state, {}, a.caller)
  const expected = { org: stage.founded.orgId, kind: 'user', minVersion: 0n, nowSeconds: Math.floor(Date.now() / 1000) } as const
  const verify = (trusted: Awaited<ReturnType<typeof keyOf>>) =>
    verifyBundle(Buffer.from(state.bundle, 'base64'), { ...expected, trusted: [trusted] })
  const [old, fresh] = [await keyOf('revocations', 1), await keyOf('revocations', 2)]
  expect(verify(fresh).signers).toHaveLength(1)
  expect(() => verify(old)).toThrow(/sign/)
})

test('waiting is what holds the new key back: with nobody to wait for it would sign at once', () => {
  const at = new Date('2026-11-29T08:00:00Z')
  const row = {
    ...{ id: 'sr_1', purpose: 'user', fromVersion: 1, toVersion: 2, startedAt: at, startedBy: 'pe_1', sequence: '7' },
    ...{ madeAt: at, movesAt: new Date(at.getTime() + 3_600_000), movedAt: null, leftOut: [], retiredAt: null },
  } as RotationRow
  expect(mayAdvance(row, 1, at)).toBe(false)
  expect(mayAdvance(row, 0, at)).toBe(true)
  expect(mayAdvance({ ...row, purpose: 'host' }, 0, at)).toBe(false)
  expect(mayAdvance({ ...row, movedAt: at }, 0, at)).toBe(false)
  expect(mayAdvance({ ...row, retiredAt: at }, 0, at)).toBe(false)
})
