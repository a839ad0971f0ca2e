/** New SSH authorities on a real host: nobody is refused while they are rotated, and what the old ones signed is refused afterwards. */
import { operations, type InputOf } from '@holdfast/contract'
import { parseCertificate, sameKey } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../src/index.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, startOrganisation, type Organisation } from './organisation.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

describe.skipIf(!isRoot)('rotation of the SSH authorities', () => {
  let organisation: Organisation
  let host: ManagedHost
  let hostId: Parameters<Organisation['allow']>[0]

  beforeAll(async () => {
    requireMachine()
    organisation = await startOrganisation()
    ;({ host, hostId } = await bringHost(organisation, 'web-1'))
    await organisation.allow(hostId, host.login)
  }, 120_000)
  afterAll(async () => {
    await host?.close()
    await organisation?.close()
  })

  const call = () => organisation.asker.browser
  let turn: Promise<unknown> = Promise.resolve()
  /** One after the other: the last code but one confirms the session anew, and whatever is under way with the old one would be refused. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act)
    turn = mine.catch(() => undefined)
    return mine
  }
  const newest = () => inTurn(async () => (await call().call(operations.sshAuthority.status, {})).value.rotations[0])
  const rotate = (purpose: InputOf<typeof operations.sshAuthority.rotate>['purpose']) =>
    inTurn(async () => (await call().call(operations.sshAuthority.rotate, { purpose })).value.id)
  const hasten = (id: InputOf<typeof operations.sshAuthority.hasten>['id']) =>
    inTurn(async () => (await call().call(operations.sshAuthority.hasten, { id, reason: 'A test' })).value)
  const reaches = (state: 'announced' | 'moved' | 'done', within = 20_000) =>
    eventually(state, async () => (await newest())?.state === state, within)
  const given = async () => {
    // For the rotation that follows: later the codes are the logins'.
    await call().call(operations.session.confirmFactor, { code: await organisation.asker.code() })
    const id = await organisation.grant(hostId, host.login, 3600)
    const first = await organisation.certificate(id, host.userKey)
    const next = () => inTurn(() => organisation.certificate(id, host.userKey))
    await eventually('a login', async () => (await host.run(first, 'echo in')).out === 'in\n')
    return { id, first, next }
  }
  const signer = (line: string) => parseCertificate(line).authority
  const login = async (certificate: string) => {
    const { code, out, err } = await host.run(certificate, 'echo in')
    return { code, out, err }
  }
  const isIn = { code: 0, out: 'in\n' }

  it('of people: every login before, during and after gets in; the old certificate then does not, and a running session goes on', async () => {
    const { first, next } = await given()
    const session = host.ssh(first, { command: 'echo ready; exec sleep 1080' })
    await eventually('the session is up', () => session.out().includes('ready'))
    const over = new AbortController()
    const logins: Awaited<ReturnType<typeof login>>[] = []
    const signers: boolean[] = []
    const going = (async () => {
      while (!over.signal.aborted) {
        const certificate = await next()
        signers.push(sameKey(signer(certificate), signer(first)))
        logins.push(await login(certificate))
      }
    })()
    await eventually('logins before', () => logins.length >= 2, 20_000)
    const id = await rotate('user')
    await reaches('moved')
    const during = logins.length
    expect(await login(first)).toMatchObject(isIn)
    await eventually('logins by the new one', () => logins.length >= during + 3, 20_000)
    expect(await hasten(id)).toMatchObject({ state: 'done' })
    await eventually('the old one is refused', async () => (await login(first)).code === 255, 20_000)
    over.abort()
    await going
    const second = await next()
    expect(sameKey(signer(second), signer(first))).toBe(false)
    expect(await login(second)).toMatchObject(isIn)
    expect(logins.filter(({ code }) => code !== 0)).toEqual([])
    expect(signers).toContain(true)
    expect(signers.at(-1)).toBe(false)
    expect(session.child.exitCode).toBeNull()
    session.child.kill()
    await session.ended
    // sshd itself refuses it, and not only the agent.
    expect((await login(first)).err).toContain('Permission denied')
  })

  it('of servers: the host shows a certificate of the new one, without a restart of sshd, and the old one is gone', async () => {
    const { next } = await given()
    const before = (await call().call(operations.host.authorities, {})).value.knownHosts
    const id = await rotate('host')
    await reaches('announced')
    const both = (await call().call(operations.host.authorities, {})).value.knownHosts
    expect(both).toHaveLength(2)
    const { orgId } = readSettings(host.layout)
    const alias = `o:${orgId}:h:${hostId}`
    host.trustLines(both, alias)
    expect(await login(await next())).toMatchObject(isIn)
    await hasten(id)
    await reaches('done', 60_000)
    const after = (await call().call(operations.host.authorities, {})).value.knownHosts
    expect(after).toHaveLength(1)
    expect(after).not.toEqual(before)
    host.trustLines(after, alias)
    expect(await login(await next())).toMatchObject(isIn)
    host.trustLines(before, alias)
    expect((await login(await next())).err).toContain('Host key verification failed')
    host.trustLines(after, alias)
  })

  it('of what hosts are told: the agent believes the next one only because the last one named it', async () => {
    const { id: grantId, first } = await given()
    const id = await rotate('revocations')
    await reaches('moved')
    expect(await hasten(id)).toMatchObject({ state: 'done' })
    const session = host.ssh(first, { command: 'echo ready; exec sleep 1081' })
    await eventually('the session is up', () => session.out().includes('ready'))
    await organisation.approver.browser.call(operations.grant.revoke, { id: grantId, reason: 'Enough' })
    await session.ended
    expect(await login(first)).toMatchObject({ code: 255, out: '' })
  })
})
