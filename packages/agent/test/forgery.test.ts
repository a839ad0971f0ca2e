import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SshError } from '@holdfast/crypto/ssh'
import { expect, it } from 'vitest'
import { hostPublicKey, writeHostCertificate } from '../src/host-certificate.ts'
import { agentStatus, askAgent } from '../src/index.ts'
import { isAlive, killExactly } from '../src/processes.ts'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'
import type { AgentState } from '../src/wire.ts'

onManagedHost('who lies to the agent, or to sshd', (world) => {
  const grant = () => world.server.grant({ login: world.host.login, seconds: 120, publicKey: world.host.userKey })
  const inForce = async () => {
    await world.server.bump()
    await world.server.inForce()
  }
  const failure = async () => (await agentStatus(world.host.layout.root))?.lastFailure ?? null

  it('a user cannot reach its socket, read its key, or write its files', async () => {
    const { layout, login } = world.host
    const uid = execFileSync('id', ['-u', login], { encoding: 'utf8' }).trim()
    const as = (...command: string[]) =>
      spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...command], { encoding: 'utf8' })
    const script = `require('net').connect(${JSON.stringify(layout.socket)}).on('connect', () => console.log('open')).on('error', (e) => console.log(e.code))`
    expect(as(process.execPath, '-e', script).stdout).toBe('EACCES\n')
    for (const file of [layout.settings, layout.stateFile, layout.outbox]) expect(as('cat', file).status).not.toBe(0)
    for (const file of [layout.revoked, layout.userAuthorities, layout.hook, `${layout.principals}/${login}`])
      expect(as('sh', '-c', `echo x >> ${file}`).status).not.toBe(0)
    expect(statSync(layout.socket).mode & 0o777).toBe(0o600)
    expect(statSync(layout.run).mode & 0o777).toBe(0o700)
    // Its own session’s group neither.
    const given = await grant()
    const { out } = await world.host.run(
      given.certificate,
      `echo $$ > ${world.host.cgroups}/../cgroup.procs && echo escaped || echo held`,
    )
    expect(out).toBe('held\n')
  })

  it('a process is not contained on somebody’s word: it must be the parent of who asks', async () => {
    const given = await grant()
    await world.server.inForce()
    const victim = spawn('sleep', ['1020'], { stdio: 'ignore' })
    const auth = `publickey ${given.certificate}\n`
    for (const [monitor, hook] of [
      [victim.pid, process.pid],
      [1, process.pid],
      [victim.pid, 2 ** 22 + 1],
    ])
      expect(await askAgent(world.host.layout.socket, ['open', world.host.login, '', `${monitor}`, `${hook}`, auth])).toMatch(
        /^deny (not_the_parent|malformed)/,
      )
    expect(victim.exitCode).toBeNull()
    for (const request of [[], ['open'], ['open', 'x'.repeat(70_000)], ['else'], ['open', world.host.login, '', 'a', 'b', auth]])
      expect(await askAgent(world.host.layout.socket, request).catch(() => 'no answer')).toMatch(/^deny|^no answer|^$/)
    victim.kill('SIGKILL')
  })

  it('a number of a process that was given away is not the process', async () => {
    const child = spawn('sleep', ['1021'], { stdio: 'ignore' })
    const pid = child.pid ?? 0
    killExactly({ pid, startTime: '12345' })
    await sleep(50)
    expect([isAlive({ pid, startTime: '12345' }), child.exitCode, child.signalCode]).toEqual([false, null, null])
    child.kill('SIGKILL')
  })

  it.each<[string, (state: AgentState) => AgentState]>([
    [
      'a bundle that nobody signed',
      (state) => {
        const bytes = Buffer.from(state.bundle, 'base64')
        return { ...state, bundle: bytes.fill(7, bytes.length - 20).toString('base64') }
      },
    ],
    ['no bundle', (state) => ({ ...state, bundle: '' })],
    [
      'a principal of another host',
      (state) => ({
        ...state,
        principals: [{ login: world.host.login, lines: [`restrict o:${world.server.orgId}:h:ho_2:u:${world.host.login}`] }],
      }),
    ],
    [
      'a principal that is a pattern',
      (state) => ({ ...state, principals: [{ login: world.host.login, lines: ['restrict *'] }] }),
    ],
    [
      'a line that restricts nothing',
      (state) => ({
        ...state,
        principals: state.principals.map(({ login, lines }) => ({
          login,
          lines: lines.map((line) => line.replace(/^\S+ /, '')),
        })),
      }),
    ],
    ['a login that is a path', (state) => ({ ...state, principals: [{ login: '../krl', lines: [] }] })],
  ])('a state with %s is not believed, whole', async (_name, tamper) => {
    await grant()
    await world.server.inForce()
    const { layout } = world.host
    const before = [layout.revoked, layout.userAuthorities, `${layout.principals}/${world.host.login}`].map((file) =>
      readFileSync(file, 'utf8'),
    )
    world.server.tamper = tamper
    await world.server.bump()
    await eventually('it was refused', failure)
    const after = [layout.revoked, layout.userAuthorities, `${layout.principals}/${world.host.login}`].map((file) =>
      readFileSync(file, 'utf8'),
    )
    expect(after).toEqual(before)
    world.server.tamper = null
    await inForce()
    await eventually('and the next one is believed', async () => (await failure()) === null)
  })

  it('an older state, replayed, revokes nothing back', async () => {
    const given = await grant()
    let older: AgentState | null = null
    world.server.tamper = (state) => (older = state)
    await inForce()
    world.server.tamper = null
    await world.server.revoke(given)
    await world.server.inForce()
    world.server.tamper = (state) => ({ ...(older ?? state), now: state.now })
    await world.server.bump()
    expect(await eventually('it was refused', failure)).toMatch(/older/)
    expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    // Nor with only the bundle replayed, under a new sequence.
    world.server.tamper = (state) => ({ ...state, bundle: older?.bundle ?? '' })
    await world.server.bump()
    await eventually('it was refused', failure)
    // Nor after a restart, which must not forget what it had.
    await world.host.killAgent()
    await world.host.startAgent()
    expect(await eventually('it was refused', failure)).toMatch(/older/)
    expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    world.server.tamper = null
    await inForce()
  })

  it('an empty revocation list, which sshd takes for leave, is not enough; a broken one refuses; both are written anew', async () => {
    await eventually('nothing is asked again that would write it meanwhile', async () => (await failure()) === null)
    const given = await grant()
    // Another grant keeps the login open, so that only the list and the agent can refuse.
    await grant()
    await world.server.inForce()
    await world.server.revoke(given)
    await world.server.inForce()
    const { revoked } = world.host.layout
    const since = world.host.logs().length
    writeFileSync(revoked, '')
    expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    // sshd itself was fooled; the agent was not.
    expect(world.host.logs().slice(since)).toContain('deny certificate_revoked')
    writeFileSync(revoked, 'SSHKRL\n\0 rubbish')
    const fine = await grant()
    await world.server.inForce()
    expect(statSync(revoked).size).toBeGreaterThan(40)
    expect(await world.host.run(fine.certificate, 'echo in')).toMatchObject({ code: 0 })
  })

  it('a host certificate that is broken, or gone, is renewed; one of another host or key is not taken', async () => {
    const { layout } = world.host
    for (const spoil of ['rubbish\n', null]) {
      await world.host.stopAgent()
      if (spoil === null) rmSync(layout.hostCertificate)
      else writeFileSync(layout.hostCertificate, spoil)
      await world.host.startAgent()
      await eventually(
        'it is renewed',
        () => existsSync(layout.hostCertificate) && readFileSync(layout.hostCertificate, 'utf8').startsWith('ssh-ed25519-cert'),
      )
    }
    const given = await grant()
    await world.server.inForce()
    expect(await world.host.run(given.certificate, 'echo in')).toMatchObject({ code: 0 })
    const { orgId, hostId } = world.server
    const sign = async (host: string, publicKey: string) => {
      const request = { kind: 'host', org: orgId, host, publicKey, serial: 77n, keyId: 'x', lifetimeSeconds: 600 } as const
      return (await world.server.keyServer.client.signCertificate(request)).certificate
    }
    const before = readFileSync(layout.hostCertificate, 'utf8')
    for (const line of [await sign('ho_2', hostPublicKey(layout)), await sign(hostId, world.host.userKey), given.certificate])
      await expect(writeHostCertificate(layout, line, { orgId, hostId })).rejects.toThrow(SshError)
    expect(readFileSync(layout.hostCertificate, 'utf8')).toBe(before)
  })

  it('a server that is not ours is not talked to', async () => {
    const { layout } = world.host
    await world.host.stopAgent()
    const authority = readFileSync(layout.serverAuthority)
    writeFileSync(
      layout.serverAuthority,
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-keyout',
          '/dev/null',
          '-subj',
          '/CN=other',
          '-days',
          '1',
        ],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      ),
    )
    await world.host.startAgent()
    expect(await eventually('it was refused', failure)).toMatch(/certificate/)
    await world.host.stopAgent()
    writeFileSync(layout.serverAuthority, authority)
    await world.host.startAgent()
    await eventually('it is back', async () => (await failure()) === null)
    expect(existsSync(layout.socket)).toBe(true)
  })
})
