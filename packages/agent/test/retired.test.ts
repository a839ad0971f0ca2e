import { expect, it } from 'vitest'
import { processesOf } from './accounts.ts'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

onManagedHost('a host that is retired', (world) => {
  it('ends its sessions, tells of it, and says as the very last that nobody is in', async () => {
    const given = await world.server.grant({ login: world.host.login, seconds: 300, publicKey: world.host.userKey })
    const client = world.host.ssh(given.certificate, { command: '(setsid sleep 1001 &) ; echo ready; exec sleep 1002' })
    await eventually('the session is up', () => client.out().includes('ready'))
    await eventually('its beginning is told', () => world.server.reports.some(({ sessions }) => sessions.length > 0))
    world.server.retired = true
    await world.server.bump()
    await client.ended
    await eventually('everybody is dead', () => processesOf(world.host.login).length === 0)
    const goodbye = () => world.server.reports.findIndex(({ leaving }) => leaving === true)
    await eventually('the last word', () => goodbye() >= 0)
    expect(world.server.ended()).toMatchObject([{ reason: 'revoked', survivors: 0 }])
    expect(world.server.reports.findIndex(({ ended }) => ended.length > 0)).toBeLessThan(goodbye())
    expect(goodbye()).toBe(world.server.reports.length - 1)
    expect(await world.host.run(given.certificate, 'echo back')).toMatchObject({ code: 255, out: '' })
  })
})
