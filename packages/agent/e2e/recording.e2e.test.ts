import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operations } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processesOf } from '../test/accounts.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { createBastionWorld, type BastionWorld } from './bastion-world.ts'
import { approveOf, commandOf, makeRobot } from './robot.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

/** C7: two real sshds, one the bastion and one the target, and the real system. */
describe.skipIf(!isRoot)('sessions through a bastion', () => {
  let world: BastionWorld
  let bastion: ManagedHost
  let target: ManagedHost
  beforeAll(async () => {
    requireMachine()
    world = await createBastionWorld()
    ;({ bastion, target } = world)
  }, 120_000)
  afterAll(() => world?.close())

  it('a command runs on the target, as the login that was granted, and what it showed is recorded', async () => {
    const { id, certificate, login } = await world.given()
    const { code, out, err } = await bastion.run(certificate, 'id -un; echo recorded >&2; exit 3', { login })
    expect({ code, out, err, log: code === 3 ? '' : bastion.logs() }).toMatchObject({
      code: 3,
      out: `${target.login}\n`,
      log: '',
    })
    const recording = await world.recordingOf(id, 'complete')
    expect(recording).toMatchObject({
      kind: 'command',
      command: 'id -un; echo recorded >&2; exit 3',
      exitCode: 3,
      hostName: 'web-1',
    })
    expect(await world.textOf(recording.id)).toContain(target.login)
    expect(await world.textOf(recording.id)).toContain('recorded')
    expect(await world.verified(recording.id)).toMatchObject({ intact: true, brokenAt: null })
    const { matches } = (await world.call(operations.recording.search, { id: recording.id, text: 'RECORDED' })).value
    expect(matches).toMatchObject([{ line: 'recorded' }])
    expect(readdirSync(bastion.layout.recordings)).toEqual([])
  })

  it('a terminal is bridged; what is typed unseen is in no recording', async () => {
    const { id, certificate, login } = await world.given()
    const client = bastion.ssh(certificate, { login, args: ['-tt'] })
    client.child.stdin?.write('stty size; tty; echo shown-$((40+2))\n')
    await eventually('the shell answers', () => client.out().includes('shown-42'))
    client.child.stdin?.write('stty -echo; read -r secret; stty echo; echo got-${#secret}\n')
    await new Promise((resolve) => setTimeout(resolve, 500))
    client.child.stdin?.write('never-shown\n')
    await eventually('the secret was read', () => client.out().includes('got-11'))
    client.child.stdin?.write('exit 0\n')
    expect((await client.ended).code).toBe(0)
    const recording = await world.recordingOf(id, 'complete')
    expect(recording).toMatchObject({ kind: 'terminal', command: null, exitCode: 0 })
    const text = await world.textOf(recording.id)
    expect(text).toContain('shown-42')
    expect(text).toContain('got-11')
    expect(text).not.toContain('never-shown')
  })

  it('the certificate opens the bastion and nothing else; no other login there, and nothing is forwarded', async () => {
    const { certificate, login } = await world.given()
    expect(await target.run(certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    expect(await bastion.run(certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    const through = await bastion.run(certificate, '', { login, args: ['-W', `127.0.0.1:${target.port}`] })
    expect(through).toMatchObject({ out: '' })
    expect(through.err).toMatch(/prohibited|failed/)
    const remote = await bastion.run(certificate, 'true', {
      login,
      args: ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:22'],
    })
    expect(remote.code).toBe(255)
  })

  it('a recorder that is killed takes the session along, and the recording says that it was cut off', async () => {
    const { id, certificate, login } = await world.given()
    const client = bastion.ssh(certificate, { login, command: 'echo begun; exec sleep 1055' })
    await eventually('it runs', () => client.out().includes('begun'))
    const recorder = processesOf(bastion.otherLogin).find(({ command }) => command.includes('recorder.ts'))
    process.kill(recorder?.pid ?? Number.NaN, 'SIGKILL')
    await client.ended
    await eventually('nothing is left on the bastion', () => processesOf(bastion.otherLogin).length === 0)
    const recording = await world.recordingOf(id, 'cut_off')
    expect(await world.textOf(recording.id)).toContain('begun')
    expect(await world.verified(recording.id)).toMatchObject({ intact: true })
  })

  it('an agent that is killed ends the session; what was kept arrives with the next one', async () => {
    const { id, certificate, login } = await world.given()
    const client = bastion.ssh(certificate, { login, command: 'echo kept; exec sleep 1056' })
    await eventually('it runs', () => client.out().includes('kept'))
    await bastion.killAgent()
    await client.ended
    await bastion.startAgent()
    const recording = await world.recordingOf(id, 'cut_off')
    expect(await world.textOf(recording.id)).toContain('kept')
    expect(await world.verified(recording.id)).toMatchObject({ intact: true })
  })

  it('revoked: the session ends on both, and all that was shown is recorded', async () => {
    const { id, certificate, login } = await world.given()
    const client = bastion.ssh(certificate, { login, command: 'echo running; exec sleep 1057' })
    await eventually('it runs', () => client.out().includes('running'))
    await world.organisation.approver.browser.call(operations.grant.revoke, { id, reason: 'Enough' })
    await client.ended
    await eventually(
      'it is dead on the target',
      () => !processesOf(target.login).some(({ command }) => command.includes('sleep 1057')),
    )
    const recording = await world.recordingOf(id, 'complete')
    expect(await world.textOf(recording.id)).toContain('running')
    expect(readdirSync(join(bastion.layout.root, 'run/holdfast-recorder'))).toEqual(['socket'])
  })

  it('a service account is recorded as people are, under its own name; disabled, it is out on both, and all that was shown is kept', async () => {
    const { organisation } = world
    const home = mkdtempSync(join(tmpdir(), 'holdfast-recorded-'))
    const cli = commandOf(organisation, home)
    try {
      const robot = await makeRobot(organisation, 'recorded', {
        ...{ hostId: world.targetId, login: target.login, bastionId: world.bastionId },
      })
      const asking = ['ssh', 'web-1', '--for', '10m', '--reason', 'Release 42', '--json']
      const run = cli(robot, [...asking, '--return', '--', 'echo by-$((40+2)); exit 4'])
      const { id } = await approveOf(organisation, robot)
      const { code, stdout, stderr } = await run
      expect({ code, stdout }, stderr).toEqual({ code: 4, stdout: 'by-42\n' })
      const recording = await world.recordingOf(id, 'complete')
      expect(recording).toMatchObject({
        ...{ kind: 'command', command: 'echo by-$((40+2)); exit 4', exitCode: 4, hostName: 'web-1', login: target.login },
        ...{ personId: null, serviceAccount: { id: robot.id, name: 'recorded', ownerId: organisation.asker.id } },
      })
      expect(await world.textOf(recording.id)).toContain('by-42')
      expect(await world.verified(recording.id)).toMatchObject({ intact: true, brokenAt: null })
      const listed = async (of: object) =>
        (await world.call(operations.recording.list, { limit: 100, ...of })).value.rows.map((row) => row.id)
      expect(await listed({ serviceAccountId: robot.id })).toEqual([recording.id])
      expect(await listed({ personId: organisation.asker.id })).not.toContain(recording.id) // who answers for it did not do it

      const longer = cli(robot, [...asking, '--', 'echo at-work; exec sleep 1058'])
      const { id: second } = await approveOf(organisation, robot)
      await eventually('it works', () => processesOf(target.login).some(({ command }) => command.includes('sleep 1058')))
      await world.call(operations.serviceAccount.disable, { id: robot.id })
      await longer
      await eventually(
        'nothing is left of it on the target',
        () => !processesOf(target.login).some(({ command }) => command.includes('sleep 1058')),
      )
      await eventually('nor on the bastion', () => processesOf(bastion.otherLogin).length === 0)
      expect(await world.textOf((await world.recordingOf(second, 'complete')).id)).toContain('at-work')
      const detail = await organisation.proof(second)
      expect(detail).toMatchObject({ endReason: 'account_ended', serviceAccount: { id: robot.id } })
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})
