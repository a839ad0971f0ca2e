import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { connect, createServer, type AddressInfo } from 'node:net'
import { eventually, type ManagedHost } from './managed-host.ts'

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

/** Whether -L, -D, -W and -R get somebody through to the sshd of the host itself. */
export const tunnels = async (host: ManagedHost, certificate: string, login = host.login): Promise<boolean[]> => {
  const { port } = host
  const [local, dynamic] = [await portOnce(), await portOnce()]
  const listening = ['-N', '-L', `${local}:127.0.0.1:${port}`, '-D', `${dynamic}`]
  const client = host.ssh(certificate, { args: listening, login })
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
  const direct = host.ssh(certificate, { args: ['-W', `127.0.0.1:${port}`], login })
  await eventually('an answer, or none', () => direct.out().includes('SSH-2.0') || direct.child.exitCode !== null)
  direct.child.kill('SIGKILL')
  await direct.ended
  const args = ['-v', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1']
  const { err } = await host.run(certificate, 'echo up', { args, login })
  const answered = [through.local, through.dynamic, direct.out()].map((heard) => heard.includes('SSH-2.0'))
  return [...answered, /Allocated port \d+ for remote forward/.test(err)]
}

/** What there says whether an agent of keys and a display came along. */
export const forwardedHere = 'echo "agent=${SSH_AUTH_SOCK:+yes} display=${DISPLAY:+yes}"'

/** With an agent of keys that is really there, and a display: connects with both on offer, as often as wanted; what came back. */
export const offering = async <T>(
  host: ManagedHost,
  use: (connect: (certificate: string, login: string, command: string) => string) => Promise<T>,
): Promise<T> => {
  const directory = mkdtempSync('/tmp/hf-agent-')
  const socket = join(directory, 'agent')
  const keys = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  try {
    await eventually('the agent of keys', () => existsSync(socket))
    return await use((certificate, login, command) => {
      const options = host.clientOptions(certificate).map((each) => each.replace('IdentityAgent=none', `IdentityAgent=${socket}`))
      const args = [...options, '-A', '-Y', '-p', String(host.port), `${login}@127.0.0.1`, command]
      const env = { ...process.env, DISPLAY: ':99', SSH_AUTH_SOCK: socket }
      return spawnSync('ssh', args, { env, encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] }).stdout
    })
  } finally {
    keys.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}
