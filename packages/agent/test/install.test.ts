import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentStatus } from '../src/index.ts'
import { processesOf } from './accounts.ts'
import { createManagedHost, eventually, type ManagedHost } from './managed-host.ts'
import { isRoot, requireMachine } from './machine.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

describe.skipIf(!isRoot)('installing the agent', () => {
  let server: WireServer
  let host: ManagedHost
  beforeEach(async () => {
    requireMachine()
    server = await startWireServer()
    host = await createManagedHost()
  })
  afterEach(async () => {
    await host?.close()
    await server?.close()
  })
  const traces = () => {
    const { layout } = host
    const files = [layout.etc, layout.state, layout.run, layout.lib, layout.dropIn].filter((file) => existsSync(file))
    return { files, pam: readFileSync(host.pam, 'utf8'), groups: existsSync(host.cgroups) }
  }

  it('and taking it off again leaves nothing: no file, no setting, no session, no process', async () => {
    const before = traces()
    await host.install(server)
    await host.startAgent()
    expect(traces().files).toHaveLength(5)
    expect(readFileSync(host.layout.settings, 'utf8')).toContain('agentKey')
    const given = await server.grant({ login: host.login, seconds: 60, publicKey: host.userKey })
    const client = host.ssh(given.certificate, {
      command: '(setsid sleep 1040 </dev/null >/dev/null 2>&1 &); echo ready; exec sleep 1041',
    })
    await eventually('it is in', () => client.out().includes('ready'))
    expect(await host.uninstall()).toBe(true)
    await client.ended
    expect(processesOf(host.login)).toEqual([])
    expect(traces()).toEqual({ ...before, groups: false })
    expect(await agentStatus(host.layout.root)).toBeNull()
    expect(await host.uninstall()).toBe(false)
    // sshd has read its old settings again.
    await eventually('no certificate counts', async () => (await host.run(given.certificate, 'echo in')).code === 255)
  })

  it('works with the hook in Node, where there is no compiler', async () => {
    await host.install(server, { compiler: false })
    await host.startAgent()
    expect(readFileSync(host.layout.hook, 'latin1')).toMatch(/^#!.*node/)
    const given = await server.grant({ login: host.login, seconds: 60, publicKey: host.userKey })
    expect(await host.run(given.certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
    await host.killAgent()
    expect(await host.run(given.certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
  })

  it.each<[string, (host: ManagedHost) => void, RegExp]>([
    [
      'sshd refuses its settings',
      ({ layout }) => writeFileSync(layout.sshdConfig, `${readFileSync(layout.sshdConfig, 'utf8')}\nNonsense yes\n`),
      /sshd refuses/,
    ],
    [
      'other settings come before',
      ({ layout }) => writeFileSync(layout.sshdConfig, `RevokedKeys none\n${readFileSync(layout.sshdConfig, 'utf8')}`),
      /come before/,
    ],
    [
      'nothing includes the drop-in',
      ({ layout }) => writeFileSync(layout.sshdConfig, readFileSync(layout.sshdConfig, 'utf8').replace(/^Include.*$/m, '')),
      /Include/,
    ],
    [
      'the login of the trial is not let in',
      ({ layout }) => writeFileSync(layout.sshdConfig, `${readFileSync(layout.sshdConfig, 'utf8')}\nDenyUsers *\n`),
      /trial login/,
    ],
    [
      'PAM refuses sessions',
      ({ pam }) => writeFileSync(pam, `${readFileSync(pam, 'utf8')}session required pam_deny.so\n`),
      /trial login/,
    ],
    [
      'PAM reads users’ variables',
      ({ pam }) => writeFileSync(pam, `session required pam_env.so user_readenv=1\n${readFileSync(pam, 'utf8')}`),
      /user_readenv/,
    ],
  ])('is rolled back when %s', async (_name, spoil, reason) => {
    mkdirSync(host.layout.etc, { recursive: true })
    spoil(host)
    const pam = readFileSync(host.pam, 'utf8')
    await expect(host.install(server)).rejects.toThrow(reason)
    expect(traces()).toEqual({ files: [], pam, groups: false })
    expect(readdirSync(`${host.layout.root}/etc/ssh/sshd_config.d`)).toEqual([])
  })

  it('is refused with a used, unknown or malformed token, by a stranger’s server, and a second time', async () => {
    await expect(host.install(server, { token: 'A'.repeat(43) })).rejects.toThrow(/enrolment_refused/)
    await expect(host.install(server, { authority: null })).rejects.toThrow(/certificate/)
    await expect(host.install(server, { server: server.url.replace('https', 'http') })).rejects.toThrow()
    expect(traces().files).toEqual([])
  })

  it('is refused a second time', async () => {
    await host.install(server)
    await expect(host.install(server)).rejects.toThrow(/uninstall first/)
    expect(existsSync(host.layout.settings)).toBe(true)
  })
})
