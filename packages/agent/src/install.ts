import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parsePublicKey } from '@holdfast/crypto/ssh'
import { startAgent } from './agent.ts'
import { believe, keysOf } from './belief.ts'
import { findCgroups, hasAuditSessions } from './containment.ts'
import { replaceFile } from './files.ts'
import { installHook } from './hook.ts'
import { hostPublicKey, writeHostCertificate } from './host-certificate.ts'
import { addHook, removeHookLine } from './pam.ts'
import { layoutOf, type Layout } from './paths.ts'
import { writeRecorder } from './recording/program.ts'
import { connectServer } from './server-client.ts'
import { hasSystemd, reloadSshd, startService } from './service.ts'
import type { Settings } from './settings.ts'
import { writeSshdFiles } from './sshd-files.ts'
import { removeDropIn, SshdRefused, writeDropIn, type BreakGlass } from './sshd-settings.ts'
import { createTrial } from './trial.ts'
import { removeEverything } from './uninstall.ts'
import { agentVersion } from './version.ts'
import type { Enrolment } from './wire.ts'

export interface InstallOptions {
  /** `https://…` */
  server: string
  token: string
  /** PEM of the server's own authority; null for a public one. */
  authority: string | null
  root?: string
  /** An account that can log in by ssh, for the trial. */
  trialLogin: string
  breakGlass?: BreakGlass | null
  /** How the agent is started by systemd. */
  command: readonly string[]
  /** Paths that tests have elsewhere. */
  pam?: string
  sshd?: string
  cgroup?: string
  warnBefore?: readonly number[]
  compiler?: boolean
  say: (line: string) => void
}

/** Cannot be installed here; nothing was changed. */
export class InstallRefused extends Error {
  override readonly name = 'InstallRefused'
}

const checkHost = (layout: Layout, pam: string, sshd: string): void => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new InstallRefused('the agent is installed by root, on Linux')
  if (existsSync(layout.settings))
    throw new InstallRefused(`${layout.settings} is there already; run holdfast agent uninstall first`)
  for (const file of [sshd, layout.sshdConfig, `${layout.hostKey}.pub`, pam])
    if (!existsSync(file)) throw new InstallRefused(`${file} is not there; is the OpenSSH server installed?`)
}

const writeEnrolment = async (
  layout: Layout,
  enrolled: Enrolment,
  settings: Settings,
  authority: string | null,
): Promise<void> => {
  const host = { orgId: enrolled.orgId, hostId: enrolled.hostId }
  for (const directory of [layout.etc, layout.principals]) mkdirSync(directory, { recursive: true, mode: 0o755 })
  if (authority !== null) await replaceFile(layout.serverAuthority, authority, { mode: 0o644 })
  await writeHostCertificate(layout, enrolled.hostCertificate, host)
  const nowMs = Date.parse(enrolled.state.now)
  const trusted = keysOf(enrolled.revocationAuthorities)
  await writeSshdFiles(layout, believe(enrolled.state, { host, trusted, minVersion: 0n, minSequence: 0, nowMs }))
  await replaceFile(layout.settings, `${JSON.stringify(settings, null, 2)}\n`)
}

const writeBreakGlass = async (layout: Layout, { login, authority }: BreakGlass): Promise<void> => {
  await replaceFile(join(layout.etc, 'break_glass_ca.pub'), `${authority.trim()}\n`, { mode: 0o644 })
  await replaceFile(join(layout.etc, 'break_glass_principals'), `${login}\n`, { mode: 0o644 })
  // A list of public keys, one a line, is a revocation list too (sshd_config(5)); a comment alone revokes nobody.
  await replaceFile(join(layout.etc, 'break_glass.krl'), '# public keys of lost break-glass certificates, one a line\n', {
    mode: 0o644,
  })
  parsePublicKey(authority)
}

const checkAccount = (login: string): void => {
  if (spawnSync('id', ['-u', login], { stdio: 'ignore' }).status !== 0)
    throw new InstallRefused(`there is no account ${login} for the recorder: useradd -M -s /bin/sh ${login}, then register again`)
}

/** A login through everything, with the agent in this process, before sshd is told of it. */
const tryLogin = async (layout: Layout, settings: Settings, login: string): Promise<void> => {
  const trial = createTrial(layout, settings, login)
  const agent = await startAgent({ layout, log: () => undefined, trial: trial.extend })
  try {
    await trial.run(login, settings.sshd)
  } finally {
    await agent.stop()
  }
}

/**
 * Enrols this host and puts it in the care of the agent. Throws `InstallRefused`, `ServerRefused`, `SshdRefused`, `PamRefused`; then sshd
 * and PAM are as they were.
 */
export const installAgent = async (options: InstallOptions): Promise<Settings> => {
  const { server, token, authority, say, trialLogin, breakGlass = null } = options
  const layout = layoutOf(options.root)
  const [pam, sshd] = [options.pam ?? layout.pam, options.sshd ?? '/usr/sbin/sshd']
  checkHost(layout, pam, sshd)
  const cgroup = options.cgroup ?? 'holdfast'
  if (findCgroups(cgroup) === null && !hasAuditSessions())
    throw new InstallRefused(
      'neither control groups (cgroup v2) nor audit session ids here: no session could be ended for certain',
    )

  const client = connectServer({ server, authority, agentKey: null })
  const enrolled = await client.enrol({ token, hostPublicKey: hostPublicKey(layout), agentVersion }).finally(() => client.close())
  say(`Enrolled as ${enrolled.name} (${enrolled.hostId}).`)
  const settings: Settings = {
    ...{
      version: 1,
      server,
      ownAuthority: authority !== null,
      orgId: enrolled.orgId,
      hostId: enrolled.hostId,
      name: enrolled.name,
    },
    ...{ agentKey: enrolled.agentKey, revocationAuthorities: enrolled.revocationAuthorities, cgroup, pam, sshd },
    ...{
      breakGlass: breakGlass?.login ?? null,
      recorder: enrolled.recorderLogin,
      warnBefore: [...(options.warnBefore ?? [300, 60])],
    },
  }
  try {
    await writeEnrolment(layout, enrolled, settings, authority)
    if (breakGlass) await writeBreakGlass(layout, breakGlass)
    const kind = installHook(layout, { compiler: options.compiler ?? true, breakGlass: breakGlass?.login ?? '' })
    say(
      kind === 'compiled'
        ? 'The session hook was compiled.'
        : 'No C compiler here: the session hook runs in Node, which takes some 90 ms of a login.',
    )
    if (settings.recorder !== null) {
      checkAccount(settings.recorder)
      writeRecorder(layout)
      say(`This is a bastion: whoever logs in as ${settings.recorder} is recorded.`)
    }
    await writeDropIn(layout, sshd, { breakGlass, recorder: settings.recorder })
    await addHook(pam, layout.hook)
    await tryLogin(layout, settings, trialLogin)
    say(`A trial login as ${trialLogin} went through sshd, PAM, agent and control group.`)
  } catch (error) {
    removeDropIn(layout)
    await removeHookLine(pam)
    await removeEverything(layout, settings)
    throw error instanceof SshdRefused ? new SshdRefused(`${error.message}\nEverything is as it was before.`) : error
  }
  if (hasSystemd(layout)) {
    await startService(layout, options.command)
    say('The service holdfast-agent runs.')
  } else say(`There is no systemd here: keep "${options.command.join(' ')}" running, as root.`)
  say((await reloadSshd(layout)) ? 'sshd has read its new settings.' : 'Reload sshd now: it was not found running.')
  return settings
}
