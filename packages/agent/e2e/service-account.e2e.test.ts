/** A program with a key of its own on a real host, by the real command: it asks, a person approves, it is in, and its end is everybody’s end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operations, type InputOf } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdfast } from '../../cli/e2e/command.ts'
import { processesOf } from '../test/accounts.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, startOrganisation, type Organisation } from './organisation.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

type AccountId = InputOf<typeof operations.serviceAccount.read>['id']
const work = '(setsid sleep 1060 </dev/null >/dev/null 2>&1 &); nohup sleep 1061 >/dev/null 2>&1 & exec sleep 1062'

describe.skipIf(!isRoot)('a service account on a real host', () => {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-machine-'))
  let organisation: Organisation
  let host: ManagedHost
  let hostId: Parameters<Organisation['allow']>[0]

  beforeAll(async () => {
    requireMachine()
    organisation = await startOrganisation()
    ;({ host, hostId } = await bringHost(organisation, 'web-1'))
  }, 120_000)
  afterAll(async () => {
    await host?.close()
    await organisation?.close()
    rmSync(home, { recursive: true, force: true })
  })

  /** An account that may ask for the host, and its key. Whoever makes it answers for it, and so approves nothing of it. */
  const makeAccount = async (name: string) => {
    const { browser, id: ownerId, code } = organisation.asker
    await browser.call(operations.session.confirmFactor, { code: await code() })
    const described = { name, purpose: 'Deploys', role: 'member' as const, ownerId: ownerId as never }
    const { value: account } = await browser.call(operations.serviceAccount.create, described)
    const wanted = { id: account.id, name: 'pipeline', scopes: ['access:request' as const] }
    const { value: key } = await browser.call(operations.serviceAccount.createKey, wanted)
    await browser.call(operations.accessPolicy.create, {
      ...{ name, selects: { hostIds: [hostId] }, logins: [host.login], requesters: { serviceAccountIds: [account.id] } },
      approvers: { roles: ['owner', 'reviewer'] },
    })
    return { id: account.id, keyId: key.id, key: key.key }
  }
  const cli = (key: string, argv: readonly string[], onStderr?: (text: string) => void) => {
    const { url, caFile } = organisation.system
    const env = { HOLDFAST_URL: url, HOLDFAST_CA: caFile, HOLDFAST_API_KEY: key, HOME: home, TMPDIR: home }
    return holdfast(argv, { env, ...(onStderr && { onStderr }) })
  }
  const asking = ['ssh', 'web-1', '--for', '10m', '--reason', 'Release 42', '--json']
  const waiting = async (id: AccountId) => {
    const { value } = await organisation.approver.browser.call(operations.grant.list, { show: 'to_approve' })
    return value.rows.find(({ serviceAccount }) => serviceAccount?.id === id)
  }
  const approve = async (id: AccountId) => {
    const request = await eventually('a request', () => waiting(id))
    const { browser, code } = organisation.approver
    const input = { id: request.id, requestHash: request.requestHash, code: await code() }
    await browser.call(operations.grant.approve, input)
    return request
  }

  it('asks, waits for a person, works, and gives back; whoever holds its secret does not approve', async () => {
    const account = await makeAccount('nightly')
    const run = cli(account.key, [...asking, '--return', '--', 'id -un; exit 7'])
    const request = await eventually('a request', () => waiting(account.id))
    const { browser, code } = organisation.asker
    const own = { id: request.id, requestHash: request.requestHash, code: await code() }
    await expect(browser.call(operations.grant.approve, own)).rejects.toMatchObject({ code: 'holds_secret' })
    await approve(account.id)
    const { code: exit, stdout, stderr } = await run
    expect({ exit, stdout }, stderr).toEqual({ exit: 7, stdout: `${host.login}\n` })
    const events = stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as { event: string }).event] : []))
    expect(events).toEqual(['asking', 'requested', 'waiting', 'approved', 'certificate', 'connecting', 'returned'])
    const detail = await organisation.proof(request.id)
    expect(detail).toMatchObject({ state: 'ended', endReason: 'returned', personId: null, serviceAccount: { name: 'nightly' } })
  })

  it('disabled, it is out within a second, with everything it had started, and does not come back', async () => {
    const account = await makeAccount('runaway')
    const run = cli(account.key, [...asking, '--', work])
    const { id } = await approve(account.id)
    await eventually('it works', () => processesOf(host.login).length >= 4)
    const since = Date.now()
    await organisation.asker.browser.call(operations.serviceAccount.disable, { id: account.id })
    await run
    await eventually('nobody is left', () => processesOf(host.login).length === 0)
    const took = Date.now() - since
    process.stderr.write(`disabled to the last dead process, seen from here: ${took} ms\n`)
    expect(took).toBeLessThan(3000) // on a machine that does other things as well
    const detail = await eventually('the proof', async () => {
      const read = await organisation.proof(id)
      return read.proof?.deadAt ? read : null
    })
    expect(detail).toMatchObject({ endReason: 'account_ended', proof: { openSessions: 0, survivors: 0 } })
    expect(detail.sessions).toMatchObject([{ personId: null, serviceAccount: { name: 'runaway' }, endReason: 'revoked' }])
    const again = await cli(account.key, [...asking, '--', 'true'])
    expect(again).toMatchObject({ stdout: '' })
    expect(again.code).not.toBe(0)
    expect(again.stderr).toContain('unauthenticated')
  })

  it('its key revoked, a certificate that it kept opens nothing', async () => {
    const account = await makeAccount('keeper')
    const send = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' }
      const answer = await fetch(`${organisation.system.url}/api/v1${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return (await answer.json()) as { id: string; certificate: string }
    }
    const { id } = await send('/grants', { hostId, login: host.login, seconds: 600, reason: 'x' })
    await approve(account.id)
    const { certificate } = await send(`/grants/${id}/certificate`, { publicKey: host.userKey })
    await eventually('a login', async () => (await host.run(certificate, 'echo in')).out === 'in\n')
    await organisation.asker.browser.call(operations.apiKey.revoke, { id: account.keyId })
    await eventually('it is refused', async () => (await host.run(certificate, 'echo in')).code === 255, 5_000)
    expect(await host.run(certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
  })
})
