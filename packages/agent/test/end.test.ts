import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { processesOf } from './accounts.ts'
import { eventually, type SshClient } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

/** Everything that a person may leave behind. */
const background = [
  'nohup sleep 1001 >/dev/null 2>&1 &',
  'setsid sleep 1002 </dev/null >/dev/null 2>&1 &',
  '(setsid sh -c "(sleep 1003 &) ; sleep 1004" </dev/null >/dev/null 2>&1 &)',
  'trap "" TERM HUP INT; (trap "" TERM HUP; exec sleep 1005) </dev/null >/dev/null 2>&1 &',
  'echo ready; exec sleep 1006',
].join('\n')

onManagedHost(
  'the end of an access',
  (world) => {
    const grant = (seconds = 120, login = world.host.login) =>
      world.server.grant({ login, seconds, publicKey: world.host.userKey })
    const sleepers = (login = world.host.login) => processesOf(login).filter(({ command }) => /^sleep 100\d/.test(command))
    const begin = async (certificate: string): Promise<SshClient> => {
      const client = world.host.ssh(certificate, { command: background })
      await eventually('the session is up', () => client.out().includes('ready') && sleepers().length === 6)
      return client
    }
    const reportOf = (grantId: string) =>
      eventually('the end is reported', () => {
        const session = world.server.reports.flatMap(({ sessions }) => sessions).find((each) => each.grantId === grantId)
        return world.server.ended().find(({ id }) => id === session?.id)
      })

    it('comes with a revocation: shell, nohup, setsid, double fork and all, and no second login', async () => {
      const given = await grant()
      const client = await begin(given.certificate)
      const revokedAt = Date.now()
      await world.server.revoke(given)
      const { code, atMs } = await client.ended
      expect(code).toBe(255)
      await eventually('everybody is dead', () => processesOf(world.host.login).length === 0)
      expect(atMs - revokedAt).toBeLessThan(1500)
      const { reason, survivors, toldAt, at } = await reportOf(given.id)
      expect({ reason, survivors }).toEqual({ reason: 'revoked', survivors: 0 })
      expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(toldAt ?? ''))
      expect(await world.host.run(given.certificate, 'echo back')).toMatchObject({ code: 255, out: '' })
      // Its group is taken away too.
      expect(readdirSync(world.host.cgroups).filter((name) => name.startsWith('ls_'))).toEqual([])
    })

    it('comes with the deadline, at most 100 ms late', async () => {
      const given = await grant(3)
      const client = await begin(given.certificate)
      const { atMs } = await client.ended
      const late = atMs - Date.parse(given.endsAt)
      expect(late).toBeGreaterThanOrEqual(-20)
      // ssh notices, ends and is collected by a busy test process: the host's own measure is the report.
      expect(late).toBeLessThan(1000)
      const { reason, survivors, at } = await reportOf(given.id)
      expect({ reason, survivors }).toEqual({ reason: 'expired', survivors: 0 })
      expect(Date.parse(at) - Date.parse(given.endsAt)).toBeLessThan(process.env.CI ? 1000 : 300)
      expect(processesOf(world.host.login)).toEqual([])
      expect(await world.host.run(given.certificate, 'echo back')).toMatchObject({ code: 255, out: '' })
    })

    it('ends a connection without a command (ssh -N), and a multiplexed one with its later channels', async () => {
      const given = await grant(5)
      const control = join(world.host.layout.root, 'client/control')
      const tunnel = world.host.ssh(given.certificate, { args: ['-N'] })
      const master = world.host.ssh(given.certificate, { args: ['-M', '-S', control, '-N'] })
      await eventually('the control socket', () => existsSync(control))
      const channel = () =>
        spawnSync('ssh', ['-F', 'none', '-S', control, 'anybody@anywhere', 'echo channel'], { encoding: 'utf8', timeout: 5000 })
      expect(channel().stdout).toBe('channel\n')
      const ends = await Promise.all([tunnel.ended, master.ended])
      for (const { code, atMs } of ends) {
        expect(code).not.toBe(0)
        expect(atMs - Date.parse(given.endsAt)).toBeLessThan(1500)
      }
      expect(channel().stdout).not.toContain('channel')
    })

    it('a connection that is refused does not stay open without a command', async () => {
      const given = await grant()
      await world.server.inForce()
      const { certificate } = given
      // Not on sshd's list, so that only the hook refuses.
      given.serials.length = 0
      await world.server.revoke(given)
      await world.server.inForce()
      const tunnel = world.host.ssh(certificate, { args: ['-N'] })
      const { code } = await tunnel.ended
      expect(code).toBe(255)
      expect(world.host.logs()).toContain('deny grant_ended')
    })

    it('moves with an extension, and comes early when the grant is shortened', async () => {
      const given = await grant(3)
      const client = await begin(given.certificate)
      await world.server.move(given, Date.now() + 60_000)
      await world.server.inForce()
      await sleep(3500)
      expect(client.child.exitCode).toBeNull()
      await world.server.move(given, Date.now() + 500)
      await client.ended
      expect(await reportOf(given.id)).toMatchObject({ reason: 'expired', survivors: 0 })
    })

    it('is announced on the terminal', async () => {
      const given = await grant(6)
      const client = world.host.ssh(given.certificate, { args: ['-tt'], command: 'echo ready; exec sleep 1006' })
      await client.ended
      expect(client.out()).toMatch(/Holdfast: this access ends in 4 seconds, at \d\d:\d\d UTC/)
      expect(client.out()).toMatch(/ends in 2 seconds/)
    })

    it('ends only what it is the end of', async () => {
      const [one, other] = [await grant(), await grant()]
      const stays = world.host.ssh(other.certificate, { command: 'echo ready; exec sleep 1007' })
      const goes = world.host.ssh(one.certificate, { command: 'echo ready; exec sleep 1007' })
      await eventually('both are in', () => stays.out() && goes.out())
      await world.server.revoke(one)
      await goes.ended
      await sleep(300)
      expect(stays.child.exitCode).toBeNull()
      await world.server.revoke(other)
      await stays.ended
    })

    it('lets nobody slip through who logs in while the revocation is on its way', async () => {
      const given = await grant()
      const attempts = Array.from({ length: 8 }, () => world.host.ssh(given.certificate, { command: 'sleep 1008' }))
      await sleep(250)
      await world.server.revoke(given)
      const late = Array.from({ length: 4 }, () => world.host.ssh(given.certificate, { command: 'sleep 1008' }))
      for (const { ended } of [...attempts, ...late]) expect((await ended).code).toBe(255)
      expect(processesOf(world.host.login)).toEqual([])
    })
  },
  { warnBefore: [4, 2] },
)
