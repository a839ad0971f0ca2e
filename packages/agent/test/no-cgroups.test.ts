import { spawn, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { LiveSession } from '../src/sessions.ts'
import { processesOf } from './accounts.ts'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

/** What a person may leave behind, detached in every way that the shell knows. */
const background = [
  'nohup sleep 1061 >/dev/null 2>&1 &',
  '(setsid sh -c "(sleep 1062 &) ; trap : TERM; sleep 1063" </dev/null >/dev/null 2>&1 &)',
  'echo ready; exec sleep 1064',
].join('\n')

onManagedHost(
  'a host without control groups, where audit sessions hold processes together',
  (world) => {
    const grant = (seconds: number) => world.server.grant({ login: world.host.login, seconds, publicKey: world.host.userKey })
    const begin = async (certificate: string) => {
      const client = world.host.ssh(certificate, { command: background })
      await eventually('the session is up', () => client.out().includes('ready') || client.child.exitCode !== null)
      expect(client.child.exitCode, client.err() + world.host.logs()).toBeNull()
      await eventually(
        'all of it',
        () => processesOf(world.host.login).filter(({ command }) => command.startsWith('sleep 106')).length === 4,
      )
      return client
    }
    const records = (): LiveSession[] => {
      const { sessions } = world.host.layout
      const files = readdirSync(sessions).filter((name) => name.endsWith('.json'))
      return files.map((name) => JSON.parse(readFileSync(join(sessions, name), 'utf8')) as LiveSession)
    }
    const endOf = (grantId: string) =>
      eventually('the end is reported', () => {
        const session = world.server.reports.flatMap(({ sessions }) => sessions).find((each) => each.grantId === grantId)
        return world.server.ended().find(({ id }) => id === session?.id)
      })

    it('ends all of a session with its revocation, detached children included', async () => {
      const given = await grant(60)
      const client = await begin(given.certificate)
      expect(records()).toMatchObject([{ cgroup: null, auditSession: expect.stringMatching(/^\d+$/) as string }])
      await world.server.revoke(given)
      expect((await client.ended).code).toBe(255)
      await eventually('everybody is dead', () => processesOf(world.host.login).length === 0)
      expect(await endOf(given.id)).toMatchObject({ reason: 'revoked', survivors: 0 })
    })

    it('holds the deadline, also with the agent dead', async () => {
      const given = await grant(3)
      const client = await begin(given.certificate)
      await world.host.killAgent()
      await client.ended
      await eventually('everybody is dead', () => processesOf(world.host.login).length === 0)
      const late = Date.now() - Date.parse(given.endsAt)
      expect(late).toBeGreaterThan(0)
      expect(late).toBeLessThan(2000)
      await world.host.startAgent()
      expect(await endOf(given.id)).toMatchObject({ reason: 'expired', survivors: 0 })
    })

    it('ends one session and not the other of the same login, nor what a daemon of the host runs for it', async () => {
      const uid = execFileSync('id', ['-u', world.host.login], { encoding: 'utf8' }).trim()
      const elsewhere = spawn('setpriv', [`--reuid=${uid}`, '--clear-groups', 'sleep', '1065'], { stdio: 'ignore' })
      const [one, other] = [await grant(60), await grant(60)]
      const goes = world.host.ssh(one.certificate, { command: 'echo ready; exec sleep 1066' })
      const stays = world.host.ssh(other.certificate, { command: 'echo ready; exec sleep 1066' })
      await eventually('both are in', () => stays.out() && goes.out())
      await world.server.revoke(one)
      await goes.ended
      await endOf(one.id)
      expect([stays.child.exitCode, elsewhere.exitCode, elsewhere.signalCode]).toEqual([null, null, null])
      await world.server.revoke(other)
      await stays.ended
      elsewhere.kill('SIGKILL')
    })

    it('lets nobody in whom nothing would hold: no control group, and PAM begins no audit session', async () => {
      const pam = readFileSync(world.host.pam, 'utf8')
      writeFileSync(world.host.pam, pam.replace(/^.*pam_loginuid.*\n/m, ''))
      const given = await grant(60)
      expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
      await eventually('it is reported', () => world.server.refused().some(({ reason }) => reason === 'not_contained'))
      writeFileSync(world.host.pam, pam)
      expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
    })
  },
  {},
  { cgroups: false },
)
