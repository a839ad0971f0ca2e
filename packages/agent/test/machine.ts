import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { findCgroups } from '../src/containment.ts'

/** Whether the tests with a real sshd can run at all. Only root may skip them by not being root; everything else that is missing is an error. */
export const isRoot = process.getuid?.() === 0

const modules = ['pam_exec.so', 'pam_loginuid.so', 'pam_permit.so']
const moduleDirectories = [
  '/lib/x86_64-linux-gnu/security',
  '/lib/aarch64-linux-gnu/security',
  '/lib64/security',
  '/usr/lib64/security',
  '/lib/security',
]

const isThere = (command: string): boolean => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const requireMachine = (): void => {
  const missing: string[] = []
  if (!existsSync('/usr/sbin/sshd')) missing.push('/usr/sbin/sshd (package openssh-server)')
  for (const command of ['ssh', 'ssh-keygen', 'useradd', 'userdel', 'setpriv']) if (!isThere(command)) missing.push(command)
  const security = moduleDirectories.find((directory) => existsSync(directory) && readdirSync(directory).includes('pam_exec.so'))
  for (const module of modules)
    if (!security || !existsSync(`${security}/${module}`)) missing.push(`PAM module ${module} (package libpam-modules)`)
  if (findCgroups('hf-test-probe') === null)
    missing.push('cgroup v2 that can be written, at /sys/fs/cgroup or /sys/fs/cgroup/unified')
  else execFileSync('rmdir', [`${findCgroups('hf-test-probe')}`])
  if (missing.length > 0) throw new Error(`the tests of the agent need:\n  ${missing.join('\n  ')}`)
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
}

/** A recorder runs as an account of its own, and reads its program from this clone. */
export const requireEntryForAll = (): void => {
  for (let at = import.meta.dirname; at !== '/'; at = dirname(at))
    if ((statSync(at).mode & 0o001) === 0)
      throw new Error(
        `the tests of recordings need a clone that every account can enter, and ${at} is closed: move it, to /opt say`,
      )
}

export const skipNotice = 'SKIPPED: the tests of the agent with a real sshd need root; run them as root, or in the CI container.'
