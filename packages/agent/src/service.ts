import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { readIfThere } from './files.ts'
import type { Layout } from './paths.ts'

const run = promisify(execFile)
const unitName = 'holdfast-agent.service'

/** sd_booted(3). Below another root nothing is ours to start. */
export const hasSystemd = ({ root }: Layout): boolean => root === '/' && existsSync('/run/systemd/system')

export const unitOf = (command: readonly string[]): string => `[Unit]
Description=Holdfast agent: lets in who has a grant, and ends what has ended
Documentation=https://github.com/holdfast/holdfast/blob/main/docs/operations/just-in-time-access.md
After=network-online.target
Wants=network-online.target
Before=ssh.service sshd.service

[Service]
ExecStart=${command.map((part) => (/^[\w/.:@-]+$/.test(part) ? part : JSON.stringify(part).replaceAll('%', '%%'))).join(' ')}
Restart=always
RestartSec=1
# The watchdogs of running sessions outlive the agent: without it they are what holds the deadlines.
KillMode=process
RuntimeDirectory=holdfast
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
NoNewPrivileges=yes
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
`

export const startService = async ({ unit }: Layout, command: readonly string[]): Promise<void> => {
  mkdirSync(dirname(unit), { recursive: true })
  writeFileSync(unit, unitOf(command), { mode: 0o644 })
  await run('systemctl', ['daemon-reload'])
  await run('systemctl', ['enable', '--now', unitName])
}

export const removeService = async ({ unit }: Layout): Promise<void> => {
  if (!existsSync(unit)) return
  await run('systemctl', ['disable', '--now', unitName])
  rmSync(unit, { force: true })
  await run('systemctl', ['daemon-reload'])
}

/** Has the sshd that listens read its settings again; connections that are open stay. False when none was found to tell. */
export const reloadSshd = async (layout: Layout): Promise<boolean> => {
  if (hasSystemd(layout)) {
    for (const name of ['ssh', 'sshd']) {
      const active = await run('systemctl', ['is-active', '--quiet', name]).then(
        () => true,
        () => false,
      )
      if (!active) continue
      await run('systemctl', ['reload', name])
      return true
    }
  }
  const pid = Number(readIfThere(layout.sshdPid)?.trim())
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  process.kill(pid, 'SIGHUP')
  return true
}
