import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createManagedHost, eventually, type ManagedHost } from './managed-host.ts'
import { isRoot, requireMachine, skipNotice } from './machine.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

describe.skipIf(!isRoot)('a host in the care of the agent', () => {
  let server: WireServer
  let host: ManagedHost
  beforeAll(async () => {
    requireMachine()
    server = await startWireServer()
    host = await createManagedHost()
    await host.install(server)
    await host.startAgent()
  }, 60_000)
  afterAll(async () => {
    await host?.close()
    await server?.close()
  })

  it('lets in who has a certificate for this host and login', async () => {
    const given = await server.grant({ login: host.login, seconds: 60, publicKey: host.userKey })
    const { out, err, code } = await host.run(given.certificate, 'id -un; cat /proc/self/cgroup')
    expect({ code, err, log: code === 0 ? '' : host.logs() }).toMatchObject({ code: 0 })
    expect(out).toContain(host.login)
    expect(out).toMatch(/\/ls_[0-9a-z]{26}/)
    await eventually('start reported', () =>
      server.reports.some(({ sessions }) => sessions.some(({ grantId }) => grantId === given.id)),
    )
  })
})
