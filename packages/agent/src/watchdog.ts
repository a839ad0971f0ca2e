import { spawn, type ChildProcess } from 'node:child_process'
import { uptimeSeconds } from './clock.ts'
import type { Contained } from './containment.ts'
import { identify, killExactly, type ProcessId } from './processes.ts'

/**
 * A process per session, outside of its group, that holds the deadline when the agent is dead. It waits by the boot clock, so that setting
 * the wall clock or suspending the machine does not buy time, and uses nothing of ours: /bin/sh and sleep.
 * (`sessionid` holds a number without the end of a line: what `read` returns there says nothing.)
 */
const script = `
IFS='|' read -r deadline cgroup session note || exit 0
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
    theirs=
    read -r theirs < "$process/sessionid"
    [ "$theirs" = "$session" ] && kill -9 "\${process#/proc/}"
  done
}
end; hundredths; echo "$deadline $now" > "$note"
sleep 0.1; end; sleep 1; end
`

export interface Watchdog extends ProcessId {
  /** Seconds by the boot clock. */
  deadline: number
}

/** The agent comes first; the watchdog ends what is still there half a second later. */
const graceSeconds = 0.5

export interface Watchdogs {
  /** At work when this returns. `deadlineUptime` is by the boot clock, `note` a file for when it had to act. */
  start(contained: Contained, deadlineUptime: number, note: string): Watchdog
  /** Those that are at work stay. */
  close(): void
}

/** In the environment of nobody: what it needs it is told on stdin. */
const begin = (): ChildProcess => {
  const path = '/usr/sbin:/usr/bin:/sbin:/bin'
  const stdio = ['pipe', 'ignore', 'ignore'] as const
  const child = spawn('/bin/sh', ['-c', script, 'holdfast-watchdog'], {
    detached: true,
    stdio: [...stdio],
    cwd: '/',
    env: { PATH: path },
  })
  child.on('error', () => undefined).unref()
  child.stdin?.on('error', () => undefined)
  return child
}

/** One waits ahead of its use: forking a process of Node's size would be the larger part of what we add to a login. */
export const createWatchdogs = (): Watchdogs => {
  let closed = false
  let spare: ChildProcess | null = begin()
  const refill = () => {
    if (!closed) spare ??= begin()
  }
  return {
    start(contained, deadlineUptime, note) {
      const ready = spare && spare.exitCode === null && spare.signalCode === null ? spare : begin()
      spare = null
      setImmediate(refill)
      const started = ready.pid === undefined ? null : identify(ready.pid)
      if (!started) throw new Error('no watchdog could be started')
      const deadline = Math.ceil((Math.max(deadlineUptime, uptimeSeconds()) + graceSeconds) * 100)
      ready.stdin?.end(`${[deadline, contained.cgroup ?? '', contained.auditSession ?? '', note].join('|')}\n`)
      return { ...started, deadline: deadlineUptime }
    },
    close() {
      closed = true
      spare?.stdin?.end()
      spare = null
    },
  }
}

/** Whether it has begun to end its session, or should have. */
export const hasActed = ({ deadline }: Watchdog): boolean => uptimeSeconds() >= deadline + graceSeconds

/** Together with the `sleep` that it waits in. */
export const stopWatchdog = (watchdog: Watchdog): void => killExactly(watchdog, { group: true })

/** What the watchdog wrote down after it had ended a session: boot-clock seconds; null when it did not. */
export const readNote = (text: string | null): { endedAtUptime: number } | null => {
  const [, ended] = /^\d+ (\d+)\n$/.exec(text ?? '') ?? []
  return ended === undefined ? null : { endedAtUptime: Number(ended) / 100 }
}
