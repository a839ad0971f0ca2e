import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { agentStatus } from '../src/index.ts'
import { processesOf } from './accounts.ts'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

const command = '(setsid sleep 1010 </dev/null >/dev/null 2>&1 &) ; echo ready; exec sleep 1011'

onManagedHost('a host whose agent or server is away', (world) => {
  const grant = (seconds: number) => world.server.grant({ login: world.host.login, seconds, publicKey: world.host.userKey })
  const begin = async (certificate: string) => {
    const client = world.host.ssh(certificate, { command })
    await eventually('the session is up', () => client.out().includes('ready'))
    return client
  }
  const endOf = (grantId: string) =>
    eventually(
      'the end is reported',
      () => {
        const session = world.server.reports.flatMap(({ sessions }) => sessions).find((each) => each.grantId === grantId)
        return world.server.ended().find(({ id }) => id === session?.id)
      },
      15_000,
    )

  it('holds the deadline to 2 s after kill -9, lets nobody in meanwhile, and tells when it is back', async () => {
    const given = await grant(4)
    const client = await begin(given.certificate)
    await world.host.killAgent()
    expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    // Not without a command either.
    expect((await world.host.ssh(given.certificate, { args: ['-N'] }).ended).code).toBe(255)
    await client.ended
    await eventually('everybody is dead', () => processesOf(world.host.login).length === 0)
    const late = Date.now() - Date.parse(given.endsAt)
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan(2000)
    await sleep(1500) // the watchdog looks twice more before it writes its note
    await world.host.startAgent()
    const { reason, at, survivors } = await endOf(given.id)
    expect({ reason, survivors }).toEqual({ reason: 'expired', survivors: 0 })
    expect(Math.abs(Date.parse(at) - Date.parse(given.endsAt) - 500)).toBeLessThan(1000)
    expect(readdirSync(world.host.layout.sessions)).toEqual([])
  })

  it('takes up its sessions when the agent is back, and ends those whose grant was revoked meanwhile', async () => {
    const [stays, goes] = [await grant(60), await grant(60)]
    const staying = await begin(stays.certificate)
    const going = await begin(goes.certificate)
    await world.host.killAgent()
    await world.server.revoke(goes)
    await sleep(300)
    expect(going.child.exitCode).toBeNull()
    await world.host.startAgent()
    await going.ended
    expect(await endOf(goes.id)).toMatchObject({ reason: 'revoked', survivors: 0 })
    expect((await agentStatus(world.host.layout.root))?.sessions.map(({ grantId }) => grantId)).toEqual([stays.id])
    expect(staying.child.exitCode).toBeNull()
    await world.server.revoke(stays)
    await staying.ended
  })

  it('keeps to deadlines without the server, and reports later what it could not', async () => {
    const given = await grant(4)
    await world.server.inForce()
    world.server.down = true
    const client = await begin(given.certificate)
    await client.ended
    expect(Date.now() - Date.parse(given.endsAt)).toBeLessThan(1500)
    await world.host.killAgent()
    await world.host.startAgent()
    world.server.down = false
    expect(await endOf(given.id)).toMatchObject({ reason: 'expired', survivors: 0 })
  })

  it('lets in only known grants without the server', async () => {
    const known = await grant(60)
    await world.server.inForce()
    world.server.down = true
    const unknown = await grant(60)
    expect(await world.host.run(known.certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
    expect(await world.host.run(unknown.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    world.server.down = false
    await eventually('the agent is back', async () => (await agentStatus(world.host.layout.root))?.lastFailure === null, 20_000)
    expect(await world.host.run(unknown.certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
  })

  it.each(['refuse', 'allow'] as const)(
    'does with logins what its settings say (%s) when the news are stale',
    async (whenStale) => {
      world.server.settings = { staleAfterSeconds: 1, whenStale }
      const given = await grant(60)
      await world.server.inForce()
      world.server.down = true
      await sleep(1500)
      const { code, out } = await world.host.run(given.certificate, 'echo in')
      expect([code, out]).toEqual(whenStale === 'refuse' ? [255, ''] : [0, 'in\n'])
      world.server.down = false
      world.server.settings = { staleAfterSeconds: 600, whenStale: 'refuse' }
      await world.server.bump()
      await eventually('the agent is back', async () => (await agentStatus(world.host.layout.root))?.lastFailure === null, 20_000)
    },
  )

  it('stops and starts without touching its sessions', async () => {
    const given = await grant(60)
    const client = await begin(given.certificate)
    await world.host.stopAgent()
    expect(existsSync(world.host.layout.socket)).toBe(false)
    expect(client.child.exitCode).toBeNull()
    await world.host.startAgent()
    await world.server.revoke(given)
    await client.ended
    expect(await endOf(given.id)).toMatchObject({ reason: 'revoked' })
  })
})
