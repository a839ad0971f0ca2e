import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Extension } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layoutOf } from '../src/index.ts'
import { writeRecorder } from '../src/recording/program.ts'
import { isRoot, requireMachine, skipNotice } from './machine.ts'
import { createManagedHost, type ManagedHost } from './managed-host.ts'
import { offering, tunnels } from './tunnels.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

const everything: Extension[] = ['permit-pty', 'permit-port-forwarding', 'permit-agent-forwarding', 'permit-X11-forwarding']

/** What stands in the place of the recorder and tells what sshd gives to it. */
const probe = '#!/bin/sh\necho "agent=${SSH_AUTH_SOCK:+yes} display=${DISPLAY:+yes} asked=$SSH_ORIGINAL_COMMAND"\n'

/**
 * C7: the fences around the account of a recorder. Certificate and principals permit everything here, which a real server never signs for a
 * bastion: so it is these fences that hold, and without them the trespasser is in.
 */
describe.skipIf(!isRoot)('the account of a recorder', () => {
  let server: WireServer
  let host: ManagedHost
  let certificate: string
  let login: string
  const directory = mkdtempSync('/tmp/hf-recorder-')

  beforeAll(async () => {
    requireMachine()
    server = await startWireServer()
    host = await createManagedHost()
    login = host.otherLogin
    server.recorder = login
    await host.install(server)
    await host.startAgent()
    const permitting = { extensions: everything.slice(1), certificateExtensions: everything }
    certificate = (await server.grant({ login, seconds: 600, publicKey: host.userKey, ...permitting })).certificate
    await server.inForce()
    writeFileSync(host.layout.recorder, probe)
  }, 60_000)
  afterAll(async () => {
    await host?.close()
    await server?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** With other settings in the block of the recorder's account, while something is tried. */
  const without = async <T>(lines: RegExp, attempt: () => Promise<T>): Promise<T> => {
    const before = readFileSync(host.layout.dropIn, 'utf8')
    const after = before.replaceAll(lines, '')
    expect(after).not.toBe(before)
    writeFileSync(host.layout.dropIn, after)
    await host.reload()
    try {
      return await attempt()
    } finally {
      writeFileSync(host.layout.dropIn, before)
      await host.reload()
    }
  }
  const forwarding = /^ {2}(DisableForwarding|PermitOpen|PermitListen|PermitTunnel) .*\n/gm

  it('gets the recorder, whatever was asked for; without the fence it gets a command of its own', async () => {
    const attempt = () => host.run(certificate, 'echo in', { login })
    expect((await attempt()).out).toBe('agent= display= asked=echo in\n')
    expect((await without(/^ {2}ForceCommand .*\n/gm, attempt)).out).toBe('in\n')
  })

  it('forwards nothing: -L, -D, -W and -R; without the fence all of them go through', async () => {
    const attempt = () => tunnels(host, certificate, login)
    expect(await attempt()).toEqual([false, false, false, false])
    expect(await without(forwarding, attempt)).toEqual([true, true, true, true])
  })

  it('forwards no agent and no X11; without the fence it does', async () => {
    await offering(host, async (connect) => {
      const attempt = () => Promise.resolve(connect(certificate, login, 'x'))
      expect(await attempt()).toBe('agent= display= asked=x\n')
      expect(await without(forwarding, attempt)).toBe('agent=yes display=yes asked=x\n')
    })
  })

  /** Speaks to the desk of the agent as an account of this machine does; what it hears. */
  const knock = (account: string, pid: string): string => {
    const message = `{"open":{"pid":'+${pid}+',"kind":"command","command":null,"columns":80,"lines":24}}\\n`
    const script = `const c = require('net').connect('${host.layout.recorderSocket}'); c.on('error', (e) => console.log(e.code));
      c.on('data', (d) => (console.log(String(d)), c.end())); c.write('${message}')`
    const as = { uid: Number(execFileSync('id', ['-u', account])), gid: Number(execFileSync('id', ['-g', account])) }
    return spawnSync(process.execPath, ['-e', script], { ...as, cwd: '/', encoding: 'utf8', timeout: 10_000 }).stdout
  }
  it('is the only one that reaches the agent’s desk; with the door open, another does', () => {
    expect(knock(host.login, 'process.pid')).toContain('EACCES')
    const [socket, home] = [host.layout.recorderSocket, dirname(host.layout.recorderSocket)]
    chmodSync(home, 0o755)
    chmodSync(socket, 0o666)
    expect(knock(host.login, 'process.pid')).toContain('refused')
    chmodSync(home, 0o750)
    chmodSync(socket, 0o660)
    expect(knock(host.login, 'process.pid')).toContain('EACCES')
  })
  it('begins no recording outside of a session that runs', () => {
    expect(knock(login, 'process.pid')).toContain('of no session that runs here')
    expect(knock(login, '1')).toContain('refused')
  })

  it('runs the recorder in an environment of its own; without that fence a client’s would load a program of his into it', () => {
    const layout = layoutOf(join(directory, 'root'))
    mkdirSync(dirname(layout.recorder), { recursive: true })
    writeRecorder(layout)
    const [mine, mark] = [join(directory, 'mine.cjs'), join(directory, 'mark')]
    writeFileSync(mine, `require('fs').writeFileSync('${mark}', 'in')`)
    const attempt = () => {
      rmSync(mark, { force: true })
      const env = { PATH: '/usr/bin:/bin', NODE_OPTIONS: `--require=${mine}` }
      const { status, stderr } = spawnSync(layout.recorder, { env, encoding: 'utf8', timeout: 10_000 })
      expect({ status, stderr }).toMatchObject({ status: 254, stderr: expect.stringContaining('cannot be reached') as string })
      return existsSync(mark)
    }
    expect(attempt()).toBe(false)
    writeFileSync(layout.recorder, readFileSync(layout.recorder, 'utf8').replace('/usr/bin/env -i ', '/usr/bin/env '))
    expect(attempt()).toBe(true)
  })
})
