import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { operations } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentStatus } from '../src/index.ts'
import { processesOf } from '../test/accounts.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, startOrganisation, type Organisation } from './organisation.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

const cli = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const work = '(setsid sleep 1050 </dev/null >/dev/null 2>&1 &); nohup sleep 1051 >/dev/null 2>&1 & echo ready; exec sleep 1052'

describe.skipIf(!isRoot)('access to a real host from the real system', () => {
  let organisation: Organisation
  let host: ManagedHost
  let hostId: Parameters<Organisation['allow']>[0]
  const holdfast = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', timeout: 60_000 })

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
  const begin = async (seconds: number) => {
    const id = await organisation.grant(hostId, host.login, seconds)
    const certificate = await organisation.certificate(id, host.userKey)
    const client = host.ssh(certificate, { command: work })
    await eventually('the session is up', () => client.out().includes('ready') || client.child.exitCode !== null)
    expect(client.child.exitCode, client.err() + host.logs()).toBeNull()
    return { id, certificate, client }
  }
  const proofOf = (id: Parameters<Organisation['proof']>[0]) =>
    eventually('the proof', async () => {
      const detail = await organisation.proof(id)
      return detail.proof?.deadAt ? detail : null
    })

  it('asked, approved, used, revoked: everything of it is dead, and the grant shows when', async () => {
    const { id, certificate, client } = await begin(600)
    expect(processesOf(host.login).length).toBeGreaterThanOrEqual(4)
    const askedAt = Date.now()
    await organisation.approver.browser.call(operations.grant.revoke, { id, reason: 'Enough' })
    const { atMs } = await client.ended
    expect(atMs - askedAt).toBeLessThan(3000)
    await eventually('nobody is left', () => processesOf(host.login).length === 0)
    expect(await host.run(certificate, 'echo back')).toMatchObject({ code: 255, out: '' })
    const { proof, sessions, endReason } = await proofOf(id)
    expect(endReason).toBe('revoked')
    expect(proof).toMatchObject({ openSessions: 0, survivors: 0 })
    expect(sessions).toMatchObject([{ login: host.login, endReason: 'revoked', survivors: 0 }])
  })

  it('returned by who asked: the same', async () => {
    const { id, client } = await begin(600)
    await organisation.asker.browser.call(operations.grant.return, { id })
    await client.ended
    const { proof } = await proofOf(id)
    expect(proof).toMatchObject({ openSessions: 0, survivors: 0 })
    expect(processesOf(host.login)).toEqual([])
  })

  it('the host is current, and what was refused is known', async () => {
    const { value } = await organisation.asker.browser.call(operations.host.read, { id: hostId })
    expect(value).toMatchObject({ standing: 'current', state: 'enrolled', liveSessions: 0 })
    const status = await agentStatus(host.layout.root)
    expect(status).toMatchObject({ hostId, retired: false, lastFailure: null, streaming: true })
    expect(JSON.parse(holdfast('agent', 'status', '--json', '--root', host.layout.root).stdout)).toMatchObject({ hostId })
    expect(holdfast('agent', 'status', '--root', host.layout.root).stdout).toContain('0 live sessions')
  })

  it('the authority is fetched for its fingerprint, and for no other', async () => {
    const { caFingerprint } = await organisation.register('web-2')
    const { url, ca } = organisation.system
    if (caFingerprint === null) throw new Error('the test system has an authority of its own')
    // By a process of its own: this one trusts the authority already, and would find it among those.
    const fetched = (fingerprint: string): string => {
      const agent = JSON.stringify(new URL('../src/index.ts', import.meta.url).href)
      const asked = `[${JSON.stringify(url)}, ${JSON.stringify(fingerprint)}]`
      const script = `import { fetchAuthority } from ${agent}; process.stdout.write(await fetchAuthority(...${asked}))`
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: '' }
      return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env, stdio: 'pipe' })
    }
    expect(fetched(caFingerprint).replace(/\s/g, '')).toBe(ca.replace(/\s/g, ''))
    expect(() => fetched('ab'.repeat(32))).toThrow(/no authority with that fingerprint/)
  })

  it('a retired host lets nobody in, and whoever is in has to leave', async () => {
    const { certificate, client } = await begin(600)
    await organisation.asker.browser.call(operations.host.retire, { id: hostId, reason: 'Scrapped' })
    await eventually('the agent knows', async () => (await agentStatus(host.layout.root))?.retired, 15_000)
    expect(await host.run(certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    await client.ended
    await eventually('nobody is left', () => processesOf(host.login).length === 0)
  })

  it('and is taken off again by the command', () => {
    const { stderr, status } = holdfast('agent', 'uninstall', '--root', host.layout.root)
    expect({ stderr, status }).toMatchObject({ status: 0 })
    expect(holdfast('agent', 'status', '--root', host.layout.root).status).toBe(1)
    expect(() => readFileSync(join(host.layout.etc, 'agent.json'))).toThrow()
  })
})
