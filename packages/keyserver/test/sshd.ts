import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** A real sshd and a real ssh, joined by a pipe: no port, no daemon that outlives a test. */
export interface Sshd {
  /** Whoever runs the tests. */
  readonly login: string
  /** Lines of their keys. */
  readonly hostKey: string
  readonly userKey: string
  write(name: SshdFile, content: string | Uint8Array): void
  /** Logs in, runs a command and says how that went, with what sshd and ssh had to say. */
  connect(hostKeyAlias: string): Promise<{ ok: boolean; said: string }>
  remove(): void
}

type SshdFile = 'authorities' | 'principals' | 'revoked' | 'host-cert.pub' | 'user-cert.pub' | 'known_hosts' | 'revoked-hosts'

const greeting = 'let in'

export const createSshd = (): Sshd => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-sshd-'))
  const path = (name: string) => join(directory, name)
  // Where root runs it, sshd wants its empty directory.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path(name)])
  const settings = [
    `HostKey ${path('host')}`,
    `HostCertificate ${path('host-cert.pub')}`,
    `TrustedUserCAKeys ${path('authorities')}`,
    `AuthorizedPrincipalsFile ${path('principals')}`,
    `RevokedKeys ${path('revoked')}`,
    'AuthorizedKeysFile none',
    // The files are under /tmp, where others may write.
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'LogLevel VERBOSE',
    'PidFile none',
  ]
  writeFileSync(path('sshd_config'), `${settings.join('\n')}\n`)
  writeFileSync(path('revoked-hosts'), '')
  const { username: login } = userInfo()
  return {
    login,
    hostKey: readFileSync(path('host.pub'), 'utf8').trim(),
    userKey: readFileSync(path('user.pub'), 'utf8').trim(),
    write: (name, content) => writeFileSync(path(name), content, { mode: 0o600 }),
    async connect(hostKeyAlias) {
      const options = [
        `ProxyCommand=/usr/sbin/sshd -i -e -f ${path('sshd_config')}`,
        `HostKeyAlias=${hostKeyAlias}`,
        `UserKnownHostsFile=${path('known_hosts')}`,
        'GlobalKnownHostsFile=/dev/null',
        `RevokedHostKeys=${path('revoked-hosts')}`,
        'StrictHostKeyChecking=yes',
        `IdentityFile=${path('user')}`,
        `CertificateFile=${path('user-cert.pub')}`,
        'IdentitiesOnly=yes',
        'IdentityAgent=none',
        'BatchMode=yes',
      ]
      const child = spawn('ssh', [
        '-F',
        'none',
        ...options.flatMap((option) => ['-o', option]),
        `${login}@host`,
        `echo ${greeting}`,
      ])
      child.stdin.end()
      const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)])
      return { ok: out.includes(greeting), said }
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
