import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditSessionOf, processesOfAuditSession, signal } from './processes.ts'

/** What holds all processes of a session together, so that they can be ended together. */
export interface Contained {
  /** Absolute path of its control group; null where there are none. */
  cgroup: string | null
  /** The second way, by /proc/PID/sessionid. */
  auditSession: string | null
}

const mountPoints = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']
/** Kernel 5.14. Before it, members are killed one by one until none is left. */
const killFile = 'cgroup.kill'
const patienceMs = 5000

/**
 * The directory below which sessions get their groups; null when there is no cgroup v2 that can be written. A group of our own at the top,
 * beside systemd's slices: systemd leaves alone what it did not make (Docker's cgroupfs driver lives the same way), and a restarted agent
 * does not take its sessions along.
 */
export const findCgroups = (name: string): string | null => {
  const mount = mountPoints.find((path) => existsSync(join(path, 'cgroup.controllers')))
  if (mount === undefined) return null
  const base = join(mount, name)
  try {
    mkdirSync(base, { recursive: true })
    return base
  } catch (error) {
    if (['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** Whether session ids of the audit subsystem can serve where there are no control groups. */
export const hasAuditSessions = (): boolean => existsSync('/proc/self/sessionid')

/** Moves a process, whose children will follow, into a group of its own. Throws where nothing would hold it. */
export const contain = (base: string | null, id: string, pid: number): Contained => {
  const auditSession = auditSessionOf(pid)
  if (base === null) {
    if (auditSession === null) throw new Error('neither a control group nor an audit session holds this login')
    return { cgroup: null, auditSession }
  }
  const cgroup = join(base, id)
  mkdirSync(cgroup)
  try {
    writeFileSync(join(cgroup, 'cgroup.procs'), `${pid}`)
  } catch (error) {
    rmdirSync(cgroup)
    throw error
  }
  return { cgroup, auditSession }
}

const linesOf = (file: string): string[] => {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean)
  } catch (error) {
    // ENODEV: removed while it was open.
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
const inCgroup = (cgroup: string): number[] => linesOf(join(cgroup, 'cgroup.procs')).map(Number)

export const membersOf = ({ cgroup, auditSession }: Contained): number[] => [
  ...new Set([
    ...(cgroup === null ? [] : inCgroup(cgroup)),
    ...(auditSession === null || cgroup !== null ? [] : processesOfAuditSession(auditSession)),
  ]),
]

/** Nobody left: also when it was never there. */
export const isEmpty = ({ cgroup, auditSession }: Contained): boolean =>
  cgroup === null
    ? auditSession === null || processesOfAuditSession(auditSession).length === 0
    : !linesOf(join(cgroup, 'cgroup.events')).includes('populated 1')

const killGroup = (cgroup: string): void => {
  if (existsSync(join(cgroup, killFile))) writeFileSync(join(cgroup, killFile), '1')
  else for (const pid of inCgroup(cgroup)) signal(pid)
}

/** Who is in the audit session and not in the group: `su` and friends may have been moved by systemd. */
const strays = ({ auditSession }: Contained): number[] => (auditSession === null ? [] : processesOfAuditSession(auditSession))

/** Ends every process with SIGKILL; answers how many are still there after everything was tried. */
export const endAll = async (contained: Contained): Promise<number> => {
  const { cgroup } = contained
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    if (cgroup !== null && existsSync(cgroup)) killGroup(cgroup)
    while (cgroup !== null && !isEmpty(contained) && performance.now() < giveUpAt) {
      await sleep(2)
      if (!existsSync(join(cgroup, killFile))) killGroup(cgroup)
    }
    const left = [...new Set([...(cgroup === null ? [] : inCgroup(cgroup)), ...strays(contained)])]
    if (left.length === 0 || performance.now() > giveUpAt) return left.length
    for (const pid of left) signal(pid)
    await sleep(5)
  }
}

/** Takes the empty group away. */
export const release = ({ cgroup }: Contained): void => {
  if (cgroup === null || !existsSync(cgroup)) return
  try {
    rmdirSync(cgroup)
  } catch (error) {
    // A survivor keeps it busy; it was counted, and the next start of the agent tries again.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
  }
}

/** Groups of sessions that nobody has a record of, such as one that was made just before the agent was killed. */
export const orphansIn = (base: string, known: ReadonlySet<string>): Contained[] =>
  readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !known.has(entry.name))
    .map((entry) => ({ cgroup: join(base, entry.name), auditSession: null }))
