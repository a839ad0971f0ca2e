import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A real sshd on a free port of loopback that believes certificates only. */
export interface Sshd {
  port: number
  /** Whoever runs the tests: the only account that a sshd of theirs can let in. */
  login: string
  /** Line of its host key, for which a certificate may be made. */
  hostKey: string
  /** What it wrote. */
  log: () => string
  /** Without a certificate it shows its bare key. */
  start: (trust: { authorities: readonly string[]; principals: string; hostCertificate?: string }) => Promise<void>
  stop: () => Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const settingsOf = (path: (name: string) => string, port: number, certified: boolean): string[] => [
  `Port ${port}`,
  'ListenAddress 127.0.0.1',
  `HostKey ${path('host')}`,
  ...(certified ? [`HostCertificate ${path('host-cert.pub')}`] : []),
  `TrustedUserCAKeys ${path('authorities')}`,
  `AuthorizedPrincipalsFile ${path('principals')}`,
  'AuthorizedKeysFile none',
  // The files are under /tmp, where others may write.
  'StrictModes no',
  'UsePAM no',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'PermitRootLogin prohibit-password',
  'LogLevel VERBOSE',
  'Subsystem sftp internal-sftp',
  'PidFile none',
]

export const createSshd = async (): Promise<Sshd> => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-cli-sshd-'))
  const path = (name: string) => join(directory, name)
  // Where root runs it, sshd wants its empty directory.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'host', '-f', path('host')])
  const port = await freePort()
  let child: ChildProcess | undefined
  let log = ''
  return {
    port,
    login: userInfo().username,
    hostKey: readFileSync(path('host.pub'), 'utf8').trim(),
    log: () => log,
    start: async ({ authorities, principals, hostCertificate }) => {
      writeFileSync(path('authorities'), `${authorities.join('\n')}\n`)
      writeFileSync(path('principals'), `${principals}\n`)
      if (hostCertificate !== undefined) writeFileSync(path('host-cert.pub'), `${hostCertificate}\n`)
      writeFileSync(path('sshd_config'), `${settingsOf(path, port, hostCertificate !== undefined).join('\n')}\n`)
      child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', path('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
      child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
      for (let tries = 0; !(await answers(port)); tries++) {
        if (tries > 100 || child.exitCode !== null) throw new Error(`sshd did not start:\n${log}`)
        await sleep(50)
      }
    },
    stop: async () => {
      const running = child
      if (running && running.exitCode === null && running.signalCode === null) {
        const gone = new Promise((resolve) => running.once('exit', resolve))
        running.kill()
        await gone
      }
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
