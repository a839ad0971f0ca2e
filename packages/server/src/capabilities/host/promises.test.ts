/** The live checks of C6 and C7, each in both directions: kept only where servers were looked at, and not for any one fact that is wrong. */
import { agent, grant, host, recording, type InputOf } from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newCaller } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import type { PromiseCheck } from '../../kernel/promise.ts'
import { settleAll } from '../grant/upkeep.ts'
import { recordings } from '../recording/index.ts'
import { host as hosts } from './index.ts'

type Report = Partial<InputOf<typeof agent.report>>
type Enrolled = Awaited<ReturnType<Stage['enrolHost']>>

let stage: Stage
let web: Enrolled
let bastion: Pick<Enrolled, 'hostId' | 'caller'>
beforeAll(async () => {
  stage = await setStage()
}, 60_000)
afterAll(() => stage?.platform.close())

const context = () => {
  const { platform, founded } = stage
  return { services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined }
}
const checkOf = (promises: readonly PromiseCheck[] | undefined) => () => {
  const [only] = promises ?? []
  if (!only) throw new Error('no check')
  return only.check(context())
}
const c6 = checkOf(hosts.promises)
const c7 = checkOf(recordings.promises)

const arrange = (text: string, values: unknown[] = []) => stage.platform.arrange(stage.founded.orgId, text, values)
const clean = () => ({ at: stage.platform.clock.now().toISOString(), accounts: 4, ways: [] as string[] })
/** An agent that knows the newest state. */
const report = async ({ caller }: Pick<Enrolled, 'caller'>, more: Report = {}) => {
  const { sequence } = await stage.platform.call(agent.state, {}, caller)
  return stage.platform.call(agent.report, { acknowledged: sequence, ...more }, caller)
}
const all = (more: Report = {}) => Promise.all([report(web, more), report(bastion, more)])

describe('without a server', () => {
  test('neither is kept: there is nothing to look at', async () => {
    expect(await c6()).toMatchObject({ kept: false, proof: expect.stringContaining('No server') as string })
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('no server') as string })
  })
})

describe('with a server and a bastion', () => {
  beforeAll(async () => {
    const { platform, founded } = stage
    web = await stage.enrolHost()
    const named = { name: 'bastion-1', environment: 'edge', address: 'bastion-1.example.test', recorderLogin: 'recorder' }
    const { token } = await platform.call(host.register, named, founded.owner)
    const enrolled = await platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '1' }, newCaller())
    bastion = { hostId: enrolled.hostId, caller: newCaller({ apiKey: enrolled.agentKey }) }
    await stage.allow({ bastionId: bastion.hostId })
    await all({ posture: clean() })
  })

  test('C6 is kept while they report, and not when one is silent', async () => {
    expect(await c6()).toMatchObject({ kept: true, proof: expect.stringContaining('All 2 enrolled servers') as string })
    await arrange('select announce_access(null)')
    expect(await c6()).toMatchObject({ kept: true, proof: expect.stringContaining('2 have not said so yet') as string })
    await arrange(`update access_change set changed_at = changed_at - interval '11 seconds'`)
    await arrange('select announce_access(null)') // one more makes it no younger
    expect(await c6()).toMatchObject({ kept: false, proof: expect.stringContaining('2 of 2 servers') as string })
    await all()
    await arrange(`update host set last_seen_at = last_seen_at - interval '4 minutes' where id = $1`, [bastion.hostId])
    expect(await c6()).toMatchObject({ kept: false, proof: expect.stringContaining('1 of 2 servers') as string })
    await all()
    expect(await c6()).toMatchObject({ kept: true })
  })

  const sessionId = 'ls_00000000000000000000000001' as InputOf<typeof recording.open>['sessionId']
  const at = () => stage.platform.clock.now().toISOString()
  const begun = (
    grantId: Report['sessions'] extends (infer S)[] | undefined ? (S extends { grantId: infer G } ? G : never) : never,
  ) => ({
    sessions: [{ id: sessionId, grantId, login: 'deploy', startedAt: at() }],
  })

  test('C6 waits for the proof of every end: that the server knows, that the session is over, that no process is left', async () => {
    const { grant: given } = await stage.give(web)
    await all()
    await report(web, begun(given.id))
    expect(await c6()).toMatchObject({ kept: true })
    await stage.platform.call(grant.return, { id: given.id }, stage.sre.caller)
    await arrange(`update access_grant set ended_at = ended_at - interval '3 minutes' where id = $1`, [given.id])
    const { sequence } = await stage.platform.call(agent.state, {}, web.caller)
    await stage.platform.call(agent.report, { acknowledged: sequence - 1 }, web.caller)
    const { proof, kept } = await c6()
    expect(kept).toBe(false)
    expect(proof).toContain('never acknowledged')
    expect(proof).toContain('sessions go on without a grant')
    await all({ posture: clean() })
    await report(web, { ended: [{ id: sessionId, at: at(), toldAt: at(), reason: 'revoked', survivors: 0 }] })
    expect(await c6()).toMatchObject({ kept: true })
    await arrange('update live_session set survivors = 1 where id = $1', [sessionId])
    expect(await c6()).toMatchObject({ kept: false, proof: expect.stringContaining('left processes behind') as string })
    await arrange('update live_session set survivors = 0 where id = $1', [sessionId])
  })

  test('C6 is not kept where an end was not noted, nor where the key server signs what is over', async () => {
    const { grant: given } = await stage.give(web)
    await all()
    const hour = `interval '1 hour'`
    await arrange(`update access_grant set starts_at = starts_at - ${hour}, ends_at = ends_at - ${hour} where id = $1`, [
      given.id,
    ])
    expect(await c6()).toMatchObject({ kept: false, proof: expect.stringContaining('past their end') as string })
    await settleAll.run(context())
    await all()
    expect(await c6()).toMatchObject({ kept: true })
    const { ground } = stage.platform.services
    const { keyServer } = ground
    const signing = { signCertificate: () => Promise.resolve({ certificate: 'x', validBefore: 0, validAfter: 0 }) }
    Object.assign(ground, { keyServer: { ...keyServer, ...signing } })
    try {
      expect(await c6()).toMatchObject({ kept: false, proof: expect.stringContaining('signed a certificate') as string })
    } finally {
      Object.assign(ground, { keyServer })
    }
  })

  test('C7 is kept where sshd honours certificates alone, on every server, and lately', async () => {
    await arrange('delete from live_session')
    await all({ posture: clean() })
    expect(await c7()).toMatchObject({ kept: true, proof: expect.stringContaining('Nothing has been recorded yet') as string })
    const ways = ['root: authorizedkeysfile .ssh/authorized_keys']
    await report(web, { posture: { ...clean(), ways } })
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('another way in') as string })
    expect((await stage.platform.call(host.read, { id: web.hostId }, stage.sre.caller)).sshd).toMatchObject({ accounts: 4, ways })
    await report(web, { posture: clean() })
    expect(await c7()).toMatchObject({ kept: true })
    await arrange(`update host set sshd_checked_at = sshd_checked_at - interval '3 hours' where id = $1`, [web.hostId])
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('too old') as string })
    await all({ posture: clean() })
  })

  test('C7: an agent of an earlier version says nothing, and then it is not known; what it said before stays', async () => {
    const older = await stage.enrolHost([], 'edge')
    await report(older)
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('does not report it') as string })
    expect((await stage.platform.call(host.read, { id: older.hostId }, stage.sre.caller)).sshd).toBeNull()
    await report(older, { posture: clean() })
    await report(older)
    expect(await c7()).toMatchObject({ kept: true })
  })

  test('C7 is not kept where an access policy leads past the bastion', async () => {
    const past = await stage.allow({ name: 'Past it' })
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('1 of 2 access policies') as string })
    await arrange(`update access_policy set state = 'retired' where id = $1`, [past.id])
    expect(await c7()).toMatchObject({ kept: true })
  })

  test('C7 wants a recording behind every session, and its chain whole', async () => {
    const { platform } = stage
    const { grant: given } = await stage.give(web)
    await all({ posture: clean() })
    await report(web, begun(given.id))
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('nothing was recorded') as string })
    const onBastion = 'ls_00000000000000000000000002' as typeof sessionId
    await report(bastion, { sessions: [{ id: onBastion, grantId: given.id, login: 'recorder', startedAt: at() }] })
    const facts = { grantId: given.id, sessionId: onBastion, publicKey: newSshKey(), kind: 'command' as const, command: 'make' }
    const { id } = await platform.call(recording.open, facts, bastion.caller)
    const content = '[1,"o","shown"]\n'
    const chunk = { id, index: 0, content, hash: recordingHash(recordingRoot(id), 0, content) }
    await platform.call(recording.append, chunk, bastion.caller)
    await platform.call(recording.end, { id, chunks: 1, head: chunk.hash, outcome: 'complete' }, bastion.caller)
    expect(await c7()).toMatchObject({ kept: true, proof: expect.stringContaining('newest 1 recordings') as string })
    await arrange('update recording set head = $2 where id = $1', [id, 'ab'.repeat(32)])
    expect(await c7()).toMatchObject({ kept: false, proof: expect.stringContaining('not what arrived') as string })
  })
})
