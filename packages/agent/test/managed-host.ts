import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hostPrincipalOf } from '@holdfast/crypto/ssh'
import { agentStatus, installAgent, layoutOf, uninstallAgent, type InstallOptions, type Layout } from '../src/index.ts'
import { findCgroups } from '../src/containment.ts'
import type { LiveSession } from '../src/sessions.ts'
import { stopWatchdog } from '../src/watchdog.ts'
import type { WireServer } from './wire-server.ts'

/** A host: a directory that stands for `/`, a real sshd on a free port of loopback with a PAM service of its own, and Unix accounts. */
export interface ManagedHost {
  layout: Layout
  port: number
  /** A Unix account that exists while the host does. */
  login: string
  otherLogin: string
  pam: string
  cgroups: string
  /** What sshd and the agent wrote. */
  logs(): string
  userKey: string
  /** Has the client believe the host. */
  trust(server: Pick<WireServer, 'orgId' | 'hostId'>, authorities: readonly string[]): void
  trustLines(lines: readonly string[], hostKeyAlias: string): void
  installBy(options: Pick<InstallOptions, 'server' | 'token' | 'authority'> & Partial<InstallOptions>): Promise<void>
  install(server: WireServer, options?: Partial<InstallOptions>): Promise<void>
  uninstall(): Promise<boolean>
  startAgent(): Promise<void>
  /** SIGKILL, as a crash would. */
  killAgent(): Promise<void>
  stopAgent(): Promise<void>
  agentPid(): number
  ssh(certificate: string, options?: SshOptions): SshClient
  /** `-o` options by which other clients of OpenSSH get in. */
  clientOptions(certificate: string, identity?: string): string[]
  /** sshd reads its settings anew. */
  reload(): Promise<void>
  /** Runs a command to its end, or fails when that does not come. */
  run(certificate: string, command: string, options?: SshOptions): Promise<{ code: number | null; out: string; err: string }>
  close(): Promise<void>
}

export interface SshOptions {
  login?: string
  args?: readonly string[]
  command?: string
  /** A file that holds a key other than the usual one. */
  identity?: string
}
export interface SshClient {
  child: ChildProcess
  out: () => string
  err: () => string
  /** When ssh has ended. */
  ended: Promise<{ code: number | null; atMs: number }>
}

export const eventually = async <T>(what: string, read: () => T | Promise<T>, within = 8000): Promise<NonNullable<T>> => {
  const until = performance.now() + within
  for (;;) {
    const value = await read()
    if (value) return value
    if (performance.now() > until) throw new Error(`never happened: ${what}`)
    await sleep(10)
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const quietly = (work: () => void): void => {
  try {
    work()
  } catch {
    // Gone already, or never made.
  }
}
const agentProcess = fileURLToPath(new URL('./agent-process.ts', import.meta.url))

/** Nobody's command takes longer: whoever hangs is ended, and what was said until then is in the failure. */
const patienceMs = 20_000
/** Before the agent's program: in a mount namespace of its own, where there is nothing at the place of the control groups. */
const withoutCgroups: [string, ...string[]] = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o ro none /sys/fs/cgroup && exec "$0" "$@"',
]

export interface HostOptions {
  /** Without the agent's care: the negative control. */
  plain?: boolean
  /** Whether the agent finds control groups. */
  cgroups?: boolean
  /** The clock that the agent sees, and sshd too where it says so, is so many seconds ahead. */
  clock?: { aheadSeconds: number; sshd: boolean }
}

/** Where Debian puts it (package faketime). Only the wall clock is another: the monotonic ones nobody can set. */
const fakeClock = (seconds: number): NodeJS.ProcessEnv => {
  const library = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketime.so.1`).find(existsSync)
  if (library === undefined) throw new Error('libfaketime is missing (package faketime)')
  const [FAKETIME, once] = [`${seconds < 0 ? '' : '+'}${seconds}`, '1']
  return { LD_PRELOAD: library, FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: once, DONT_FAKE_MONOTONIC: once }
}

export const createManagedHost = async ({
  plain = false,
  cgroups: grouped = true,
  clock,
}: HostOptions = {}): Promise<ManagedHost> => {
  const agentEnv = { ...process.env, ...(clock && fakeClock(clock.aheadSeconds)) }
  const sshdEnv = clock?.sshd ? agentEnv : process.env
  const name = `hf${randomBytes(4).toString('hex')}`
  const root = mkdtempSync('/var/lib/hf-agent-')
  chmodSync(root, 0o755)
  const layout = layoutOf(root)
  const [pam, sshd, log] = [`/etc/pam.d/${name}`, join(root, name), join(root, 'log')]
  const [login, otherLogin] = [`${name}a`, `${name}b`]
  const port = await freePort()
  let daemon: ChildProcess | null = null
  let agent: ChildProcess | null = null
  const cgroups = join(findCgroups(name) ?? '', '')

  const removeAll = (): void => {
    for (const record of existsSync(layout.sessions) ? readdirSync(layout.sessions).filter((file) => file.endsWith('.json')) : [])
      quietly(() => stopWatchdog((JSON.parse(readFileSync(join(layout.sessions, record), 'utf8')) as LiveSession).watchdog))
    agent?.kill('SIGKILL')
    daemon?.kill('SIGKILL')
    const groups = existsSync(cgroups) ? readdirSync(cgroups, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : []
    for (const { name: group } of groups) quietly(() => writeFileSync(join(cgroups, group, 'cgroup.kill'), '1'))
    for (const account of [login, otherLogin]) {
      quietly(() => run('pkill', '-KILL', '-U', account))
      for (let tries = 0; tries < 20; tries += 1) {
        try {
          run('userdel', '-f', account)
          break
        } catch {
          if (!readFileSync('/etc/passwd', 'utf8').includes(`${account}:`)) break
          run('sleep', '0.1')
        }
      }
    }
    for (const { name: group } of groups) quietly(() => rmdirSync(join(cgroups, group)))
    quietly(() => rmdirSync(cgroups))
    rmSync(pam, { force: true })
    rmSync(root, { recursive: true, force: true })
  }
  // Also when a test file breaks off.
  process.once('exit', removeAll)

  const prepare = (): void => {
    for (const directory of ['etc/ssh/sshd_config.d', 'run', 'client'])
      mkdirSync(join(root, directory), { recursive: true, mode: 0o755 })
    for (const account of [login, otherLogin]) run('useradd', '-M', '-d', '/', '-p', '*', '-s', '/bin/sh', account)
    // On 9.2 the name of the PAM service is the program's own.
    symlinkSync('/usr/sbin/sshd', sshd)
    const service = ['auth required pam_deny.so', 'account required pam_permit.so', 'session required pam_loginuid.so', '']
    writeFileSync(pam, service.join('\n'))
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'host', '-f', layout.hostKey)
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'user', '-f', join(root, 'client/user'))
    const settings = [
      `Include ${join(root, 'etc/ssh/sshd_config.d')}/*.conf`,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${layout.hostKey}`,
      `PidFile ${layout.sshdPid}`,
      'UsePAM yes',
      'MaxStartups 200',
      'X11Forwarding yes',
      // The accounts have no home that xauth could write to.
      'XAuthLocation /bin/true',
      'PermitTunnel yes',
      'Subsystem sftp internal-sftp',
      ...(plain
        ? [
            `TrustedUserCAKeys ${join(root, 'etc/ssh/user_ca.pub')}`,
            `AuthorizedPrincipalsFile ${join(root, 'etc/ssh/principals')}`,
          ]
        : []),
    ]
    writeFileSync(layout.sshdConfig, `${settings.join('\n')}\n`)
  }
  const startDaemon = async (): Promise<void> => {
    const out = openSync(log, 'a')
    daemon = spawn(sshd, ['-D', '-e', '-f', layout.sshdConfig], { stdio: ['ignore', out, out], env: sshdEnv })
    await eventually('sshd listens', () => existsSync(layout.sshdPid))
  }
  const startAgent = async (): Promise<void> => {
    const out = openSync(log, 'a')
    const [program, ...before] = grouped ? [process.execPath] : [...withoutCgroups, process.execPath]
    agent = spawn(program, [...before, agentProcess, root], { stdio: ['ignore', out, out], detached: true, env: agentEnv })
    await eventually('the agent answers', () => agentStatus(root), 15_000)
  }
  const endAgent = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = agent
    agent = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = new Promise((resolve) => ending.once('exit', resolve))
    ending.kill(signal)
    await gone
  }
  try {
    prepare()
    await startDaemon()
  } catch (error) {
    removeAll()
    throw error
  }

  const logs = () => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  let alias = 'unknown'
  const installBy: ManagedHost['installBy'] = async (options) => {
    await installAgent({
      ...{ root, trialLogin: login, pam, sshd, cgroup: name, command: ['holdfast', 'agent', 'run'] },
      say: (line) => writeFileSync(log, `${line}\n`, { flag: 'a' }),
      ...options,
    })
  }
  const trust: ManagedHost['trust'] = ({ orgId, hostId }, authorities) => {
    alias = hostPrincipalOf({ org: orgId, host: hostId })
    const lines = plain
      ? [`${alias} ${readFileSync(`${layout.hostKey}.pub`, 'utf8').trim()}`]
      : authorities.map((line) => `@cert-authority o:${orgId}:h:* ${line}`)
    writeFileSync(join(root, 'client/known_hosts'), `${lines.join('\n')}\n`)
  }
  const clientOptions: ManagedHost['clientOptions'] = (certificate, identity = join(root, 'client/user')) => {
    const file = join(root, 'client', `${randomBytes(6).toString('hex')}-cert.pub`)
    writeFileSync(file, `${certificate}\n`)
    const options = [
      `HostKeyAlias=${alias}`,
      `UserKnownHostsFile=${join(root, 'client/known_hosts')}`,
      'GlobalKnownHostsFile=/dev/null',
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      'BatchMode=yes',
      // Its banner and key exchange included (ssh_config(5)).
      'ConnectTimeout=10',
      `IdentityFile=${identity}`,
      ...(certificate === '' ? [] : [`CertificateFile=${file}`]),
    ]
    return ['-F', 'none', ...options.flatMap((option) => ['-o', option])]
  }
  const ssh: ManagedHost['ssh'] = (certificate, { login: account = login, args = [], command, identity } = {}) => {
    const target = ['-p', `${port}`, ...args, `${account}@127.0.0.1`, ...(command === undefined ? [] : [command])]
    const child = spawn('ssh', [...clientOptions(certificate, identity), ...target], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.stdin.on('error', () => undefined)
    const ended = new Promise<{ code: number | null; atMs: number }>((resolve) =>
      child.once('close', (code) => resolve({ code, atMs: Date.now() })),
    )
    return { child, out: () => out, err: () => err, ended }
  }
  return {
    ...{ layout, port, login, otherLogin, pam, cgroups, ssh, clientOptions, startAgent, logs },
    async reload() {
      const listening = () => logs().split('Server listening on').length
      const before = listening()
      daemon?.kill('SIGHUP')
      await eventually('sshd has read its settings', () => listening() > before)
    },
    userKey: readFileSync(join(root, 'client/user.pub'), 'utf8').trim(),
    trust,
    trustLines(lines, name) {
      alias = name
      writeFileSync(join(root, 'client/known_hosts'), `${lines.join('\n')}\n`)
    },
    installBy,
    async install(server, options = {}) {
      const { authorities } = await server.keyServer.client.sshAuthorities(server.orgId)
      trust(
        server,
        authorities.host.keys.map(({ publicKey }) => publicKey),
      )
      await installBy({ server: server.url, token: server.token, authority: server.authority, ...options })
    },
    uninstall: () => uninstallAgent({ root, say: () => undefined }),
    killAgent: () => endAgent('SIGKILL'),
    stopAgent: () => endAgent('SIGTERM'),
    agentPid: () => agent?.pid ?? 0,
    async run(certificate, command, options = {}) {
      const client = ssh(certificate, { ...options, command })
      client.child.stdin?.end()
      const hung = setTimeout(() => client.child.kill('SIGKILL'), patienceMs)
      const { code } = await client.ended
      clearTimeout(hung)
      if (client.child.signalCode === 'SIGKILL') throw new Error(`ssh hung: ${client.err()}\n${logs().slice(-4000)}`)
      return { code, out: client.out(), err: client.err() }
    },
    async close() {
      await endAgent('SIGKILL')
      const gone = daemon && new Promise((resolve) => daemon?.once('exit', resolve))
      daemon?.kill('SIGKILL')
      await gone
      removeAll()
      process.off('exit', removeAll)
    },
  }
}
