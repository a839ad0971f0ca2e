import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Extension } from '@holdfast/crypto/ssh'
import { expect, it } from 'vitest'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

const everything: Extension[] = [
  'permit-pty',
  'permit-port-forwarding',
  'permit-agent-forwarding',
  'permit-X11-forwarding',
  'permit-user-rc',
]

const portOnce = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
/** What comes back from a port within a second. */
const knock = (port: number, first: Buffer | null = null): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    const done = () => {
      socket.destroy()
      resolve(heard)
    }
    socket.setTimeout(1500, done)
    socket.on('connect', () => first && socket.write(first))
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      if (heard.includes('SSH-2.0')) done()
    })
    socket.on('close', done).on('error', done)
  })
/** SOCKS 4, RFC 1928's elder: connect to 127.0.0.1. */
const socks = (port: number) => Buffer.from([4, 1, port >> 8, port & 255, 127, 0, 0, 1, 0])

onManagedHost('forwarding on a managed host', (world) => {
  const given = (extensions: Extension[]) =>
    world.server.grant({
      ...{ login: world.host.login, seconds: 120, publicKey: world.host.userKey, extensions },
      // The certificate itself permits everything: the line of the principal is what counts.
      certificateExtensions: everything,
    })

  const tunnels = async (certificate: string) => {
    const { port } = world.host
    const [local, dynamic] = [await portOnce(), await portOnce()]
    const listening = ['-N', '-L', `${local}:127.0.0.1:${port}`, '-D', `${dynamic}`]
    const client = world.host.ssh(certificate, { args: listening })
    await eventually('ssh listens', async () => {
      const heard = await Promise.all(
        [local, dynamic].map(
          (each) =>
            new Promise((resolve) => {
              const socket = connect(each, '127.0.0.1')
              const tell = (listens: boolean) => () => resolve(socket.destroy() && listens)
              socket.on('connect', tell(true)).on('error', tell(false)).setTimeout(1000, tell(false))
            }),
        ),
      )
      return heard.every(Boolean) || client.child.exitCode !== null
    })
    const through = { local: await knock(local), dynamic: await knock(dynamic, socks(port)) }
    client.child.kill('SIGKILL')
    await client.ended
    // What listens there speaks first; where it is refused, ssh ends by itself.
    const direct = world.host.ssh(certificate, { args: ['-W', `127.0.0.1:${port}`] })
    await eventually('an answer, or none', () => direct.out().includes('SSH-2.0') || direct.child.exitCode !== null)
    direct.child.kill('SIGKILL')
    await direct.ended
    const args = ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1']
    const remote = await world.host.run(certificate, 'echo up', { args })
    return [through.local, through.dynamic, direct.out(), remote.out].map((heard) => /SSH-2\.0|up/.test(heard))
  }

  it('-L, -D, -W and -R are refused unless granted, whatever the certificate permits', async () => {
    const { certificate } = await given([])
    await world.server.inForce()
    // It does let in: what follows is refused for what it is.
    expect(await world.host.run(certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
    expect(await tunnels(certificate)).toEqual([false, false, false, false])
  })

  it('and work where they are granted', async () => {
    const { certificate } = await given(['permit-port-forwarding'])
    await world.server.inForce()
    expect(await tunnels(certificate)).toEqual([true, true, true, true])
    // The line of the login now permits it; somebody else's certificate for that login does not.
    const other = await world.server.grant({ login: world.host.login, seconds: 60, publicKey: world.host.userKey })
    await world.server.inForce()
    expect(await tunnels(other.certificate)).toEqual([false, false, false, false])
  })

  it('agents and X11 are not forwarded', async () => {
    const { certificate } = await world.server.grant({
      ...{ login: world.host.otherLogin, seconds: 60, publicKey: world.host.userKey, certificateExtensions: everything },
    })
    const directory = mkdtempSync('/tmp/hf-agent-')
    const socket = join(directory, 'agent')
    const keys = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    try {
      const args = ['-o', `ForwardAgent=${socket}`, '-X']
      const { login } = { login: world.host.otherLogin }
      const { out } = await world.host.run(certificate, 'echo "agent=$SSH_AUTH_SOCK display=$DISPLAY"', { args, login })
      expect(out).toBe('agent= display=\n')
    } finally {
      keys.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
