import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { authorizedPrincipalsLine, principalOf } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processesOf } from './accounts.ts'
import { createManagedHost, eventually, type ManagedHost } from './managed-host.ts'
import { isRoot, requireMachine } from './machine.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

/**
 * The negative control: the same sshd with the same certificates, and no agent. What the other files prove must be false here, or they
 * would prove nothing about the agent.
 */
describe.skipIf(!isRoot)('a plain sshd with certificates and without the agent', () => {
  let server: WireServer
  let host: ManagedHost
  beforeAll(async () => {
    requireMachine()
    server = await startWireServer()
    host = await createManagedHost({ plain: true })
    const { authorities } = await server.keyServer.client.sshAuthorities(server.orgId)
    host.trust(
      server,
      authorities.host.keys.map(({ publicKey }) => publicKey),
    )
    writeFileSync(
      `${host.layout.root}/etc/ssh/user_ca.pub`,
      `${authorities.user.keys.map(({ publicKey }) => publicKey).join('\n')}\n`,
    )
    const principal = principalOf({ org: server.orgId, host: server.hostId, login: host.login })
    writeFileSync(`${host.layout.root}/etc/ssh/principals`, `${authorizedPrincipalsLine(principal)}\n`, { mode: 0o644 })
  })
  afterAll(async () => {
    await host?.close()
    await server?.close()
  })

  it('lets sessions, children and tunnels live on after expiry and revocation', async () => {
    const given = await server.grant({ login: host.login, seconds: 3, publicKey: host.userKey })
    await server.certify(given, { lifetimeSeconds: 3, endsAt: Math.floor(Date.now() / 1000) + 3 })
    const session = host.ssh(given.certificate, {
      command: '(setsid sleep 1030 </dev/null >/dev/null 2>&1 &); echo ready; exec sleep 1031',
    })
    const tunnel = host.ssh(given.certificate, { args: ['-N'] })
    await eventually('it is up', () => session.out().includes('ready'))
    await server.revoke(given)
    await sleep(4000)
    // Expired, revoked, and nobody minds; only a new login is refused.
    expect([session.child.exitCode, tunnel.child.exitCode]).toEqual([null, null])
    expect(processesOf(host.login).filter(({ command }) => command.startsWith('sleep 103'))).toHaveLength(2)
    expect(await host.run(given.certificate, 'echo in')).toMatchObject({ code: 255 })
    // Even hanging up leaves the detached child.
    session.child.kill('SIGKILL')
    tunnel.child.kill('SIGKILL')
    await Promise.all([session.ended, tunnel.ended])
    await sleep(500)
    expect(processesOf(host.login).some(({ command }) => command === 'sleep 1030')).toBe(true)
  })

  it('lets in a grant that has ended while its certificate is valid', async () => {
    const given = await server.grant({ login: host.login, seconds: 60, publicKey: host.userKey })
    await server.revoke(given)
    expect(await host.run(given.certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
  })
})
