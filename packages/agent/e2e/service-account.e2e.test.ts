/** A program with a key of its own on a real host, by the real command: it asks, a person approves, it is in, and its end is everybody’s end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operations } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processesOf } from '../test/accounts.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, startOrganisation, type Organisation } from './organisation.ts'
import { approveOf, commandOf, makeRobot, requestOf, type Robot } from './robot.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

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

  const makeAccount = (name: string) => makeRobot(organisation, name, { hostId, login: host.login })
  const cli = (key: string, argv: readonly string[]) => commandOf(organisation, home)({ key }, argv)
  const asking = ['ssh', 'web-1', '--for', '10m', '--reason', 'Release 42', '--json']
  const approve = (robot: Robot) => approveOf(organisation, robot)

  it('asks, waits for a person, works, and gives back; whoever holds its secret does not approve', async () => {
    const account = await makeAccount('nightly')
    const run = cli(account.key, [...asking, '--return', '--', 'id -un; exit 7'])
    const request = await requestOf(organisation, account)
    const { browser, code } = organisation.asker
    const own = { id: request.id, requestHash: request.requestHash, code: await code() }
    await expect(browser.call(operations.grant.approve, own)).rejects.toMatchObject({ code: 'holds_secret' })
    await approve(account)
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
    const { id } = await approve(account)
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
    await approve(account)
    const { certificate } = await send(`/grants/${id}/certificate`, { publicKey: host.userKey })
    await eventually('a login', async () => (await host.run(certificate, 'echo in')).out === 'in\n')
    await organisation.asker.browser.call(operations.apiKey.revoke, { id: account.keyId })
    await eventually('it is refused', async () => (await host.run(certificate, 'echo in')).code === 255, 5_000)
    expect(await host.run(certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
  })
})
