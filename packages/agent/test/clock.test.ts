/** A host whose clock is wrong, by libfaketime: what would go by it is refused, the rest goes by the server's, and the server is told how wrong. */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { agentStatus } from '../src/index.ts'
import { processesOf } from './accounts.ts'
import { eventually } from './managed-host.ts'
import { onManagedHost, type World } from './suite.ts'

/** Near an hour: the server's TLS certificate is made now and valid from an hour ago. */
const nearlyAnHour = 3500

const grantOn = ({ server, host }: World, seconds: number) =>
  server.grant({ login: host.login, seconds, publicKey: host.userKey })
const tells = ({ server }: World, seconds: number) =>
  eventually('it says how wrong its clock is', () => {
    const said = server.reports.findLast(({ clockSkewSeconds }) => clockSkewSeconds !== undefined)?.clockSkewSeconds
    return said !== undefined && Math.abs(said - seconds) <= 2
  })

for (const aheadSeconds of [nearlyAnHour, -nearlyAnHour])
  onManagedHost(
    `an agent whose clock is ${aheadSeconds} s ahead`,
    (world) => {
      it('says so, and holds deadlines by the server’s clock, also when it is dead itself', async () => {
        await tells(world, aheadSeconds)
        expect(Math.abs(((await agentStatus(world.host.layout.root))?.clockSkewSeconds ?? 0) - aheadSeconds)).toBeLessThanOrEqual(
          2,
        )
        for (const killed of [false, true]) {
          const given = await grantOn(world, 4)
          const client = world.host.ssh(given.certificate, { command: '(setsid sleep 1012 &); echo ready; exec sleep 1013' })
          await eventually('the session is up', () => client.out().includes('ready'))
          if (killed) await world.host.killAgent()
          const { atMs } = await client.ended
          await eventually('everybody is dead', () => processesOf(world.host.login).length === 0)
          expect(atMs - Date.parse(given.endsAt)).toBeGreaterThan(-50)
          expect(Date.now() - Date.parse(given.endsAt)).toBeLessThan(2000)
        }
        await world.host.startAgent()
      })
    },
    {},
    { clock: { aheadSeconds, sshd: false } },
  )

for (const aheadSeconds of [nearlyAnHour, -nearlyAnHour])
  onManagedHost(
    `a host whose clock is ${aheadSeconds} s ahead`,
    (world) => {
      it('lets nobody in: sshd takes the certificate for one that is over, or not yet valid; the server is told why', async () => {
        await tells(world, aheadSeconds)
        const given = await grantOn(world, 120)
        await world.server.inForce()
        const { code, out } = await world.host.run(given.certificate, 'echo in')
        expect([code, out]).toEqual([255, ''])
        expect(world.host.logs()).toMatch(
          aheadSeconds > 0 ? /certificate.*(expired|no longer valid)/i : /certificate.*not yet valid/i,
        )
      })
    },
    {},
    { clock: { aheadSeconds, sshd: true } },
  )

onManagedHost(
  'a host whose clock is somewhat behind',
  (world) => {
    it('sshd believes a certificate that is over; the agent, which goes by the server, refuses it', async () => {
      const given = await grantOn(world, 120)
      const short = await world.server.certify(given, { endsAt: Math.ceil(Date.now() / 1000) + 4 })
      await world.server.bump()
      await world.server.inForce()
      expect(await world.host.run(short, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
      await sleep(5500)
      const accepted = () => world.host.logs().split('Accepted publickey').length
      const before = accepted()
      expect(await world.host.run(short, 'echo in')).toMatchObject({ out: '' })
      expect(accepted()).toBe(before + 1)
      await eventually('the refusal is told', () => world.server.refused().some(({ reason }) => reason === 'certificate_refused'))
    })
  },
  {},
  { clock: { aheadSeconds: -30, sshd: true } },
)

onManagedHost('a host that was started while the server is away', (world) => {
  /** As if the machine had been started anew: the boot that the agent's clock was of is another. */
  const startAnew = async (): Promise<void> => {
    const { stateFile } = world.host.layout
    await world.host.killAgent()
    const stored = JSON.parse(readFileSync(stateFile, 'utf8')) as { clock: { bootId: string } }
    stored.clock.bootId = 'another'
    writeFileSync(stateFile, JSON.stringify(stored))
    await world.host.startAgent()
  }

  it.each(['refuse', 'allow'] as const)('does not know the time, and does what its settings say: %s', async (whenStale) => {
    world.server.settings = { staleAfterSeconds: 600, whenStale }
    const given = await grantOn(world, 120)
    await world.server.inForce()
    world.server.down = true
    await startAnew()
    const { code } = await world.host.run(given.certificate, 'echo in')
    expect(code).toBe(whenStale === 'refuse' ? 255 : 0)
    world.server.down = false
    await eventually('the agent is back', async () => (await agentStatus(world.host.layout.root))?.lastFailure === null, 20_000)
    expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
    if (whenStale === 'refuse') expect(world.server.refused().map(({ reason }) => reason)).toContain('clock_unknown')
  })
})
