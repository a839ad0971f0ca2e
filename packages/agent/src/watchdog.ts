import { spawn } from 'node:child_process'
import { uptimeSeconds } from './clock.ts'
import type { Contained } from './containment.ts'
import { identify, killExactly, type ProcessId } from './processes.ts'

/**
 * A process per session, outside of its group, that holds the deadline when the agent is dead. It waits by the boot clock, so that setting
 * the wall clock or suspending the machine does not buy time, and uses nothing of ours: /bin/sh and sleep.
 */
const script = `
deadline=$1 cgroup=$2 session=$3 note=$4
hundredths() { read -r up rest < /proc/uptime; fraction=1\${up#*.}; now=$(( \${up%.*} * 100 + fraction - 100 )); }
while hundredths; [ "$now" -lt "$deadline" ]; do
  left=$((deadline - now)); [ "$left" -gt 3000 ] && left=3000
  part=$((left % 100)); [ "$part" -lt 10 ] && part=0$part
  sleep "$((left / 100)).$part" || sleep 1
done
end() {
  [ -n "$cgroup" ] && [ -e "$cgroup/cgroup.kill" ] && echo 1 > "$cgroup/cgroup.kill"
  if [ -n "$cgroup" ] && [ ! -e "$cgroup/cgroup.kill" ] && [ -e "$cgroup/cgroup.procs" ]; then
    while read -r pid; do kill -9 "$pid"; done < "$cgroup/cgroup.procs"
  fi
  [ -n "$session" ] && for process in /proc/[0-9]*; do
    read -r theirs < "$process/sessionid" && [ "$theirs" = "$session" ] && kill -9 "\${process#/proc/}"
  done
}
end; hundredths; ended=$now; sleep 0.1; end; sleep 1; end
echo "$deadline $ended" > "$note"
`

export interface Watchdog extends ProcessId {
  /** Seconds by the boot clock. */
  deadline: number
}

/** The agent comes first; the watchdog ends what is still there half a second later. */
const graceSeconds = 0.5

export const startWatchdog = (contained: Contained, deadlineUptime: number, note: string): Watchdog => {
  const deadline = Math.ceil((Math.max(deadlineUptime, uptimeSeconds()) + graceSeconds) * 100)
  const args = [`${deadline}`, contained.cgroup ?? '', contained.auditSession ?? '', note]
  const child = spawn('/bin/sh', ['-c', script, 'holdfast-watchdog', ...args], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
  child.unref()
  const started = child.pid === undefined ? null : identify(child.pid)
  if (!started) throw new Error('no watchdog could be started')
  child.on('error', () => undefined)
  return { ...started, deadline: deadlineUptime }
}

/** Together with the `sleep` that it waits in. */
export const stopWatchdog = (watchdog: Watchdog): void => killExactly(watchdog, { group: true })

/** What the watchdog wrote down after it had ended a session: boot-clock seconds; null when it did not. */
export const readNote = (text: string | null): { endedAtUptime: number } | null => {
  const [, ended] = /^\d+ (\d+)\n$/.exec(text ?? '') ?? []
  return ended === undefined ? null : { endedAtUptime: Number(ended) / 100 }
}
