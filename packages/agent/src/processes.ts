import { readdirSync, readFileSync } from 'node:fs'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  pid: number
  /** Ticks since boot (proc_pid_stat(5), field 22). */
  startTime: string
}

interface Stat {
  state: string
  parent: number
  /** Device number of the controlling terminal; 0 for none. */
  terminal: number
  startTime: string
}

/** Null when there is no such process. */
export const statOf = (pid: number): Stat | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name may hold spaces and parentheses: what follows the last one counts.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', parent: Number(fields[1]), terminal: Number(fields[4]), startTime: fields[19] ?? '' }
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

export const identify = (pid: number): ProcessId | null => {
  const stat = statOf(pid)
  return stat && { pid, startTime: stat.startTime }
}

export const isAlive = ({ pid, startTime }: ProcessId): boolean => {
  const stat = statOf(pid)
  return stat !== null && stat.startTime === startTime && stat.state !== 'Z'
}

/** Kills that very process, or its group, when it is still there. */
export const killExactly = (process_: ProcessId, { group = false } = {}): void => {
  if (isAlive(process_)) signal(group ? -process_.pid : process_.pid)
}

/** SIGKILL; a process that is gone already is fine. */
export const signal = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const unset = '4294967295'

/** The audit session that pam_loginuid began, which children inherit and only root can leave. Null for none. */
export const auditSessionOf = (pid: number): string | null => {
  try {
    const session = readFileSync(`/proc/${pid}/sessionid`, 'latin1').trim()
    return session === '' || session === unset ? null : session
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** All that live in an audit session. */
export const processesOfAuditSession = (session: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => auditSessionOf(pid) === session)
    .filter((pid) => !['Z', 'X', undefined].includes(statOf(pid)?.state))

/** The pseudo-terminals that processes have as controlling terminal: `/dev/pts/3`. Majors 136 to 143 (Linux, devices.txt). */
export const terminalsOf = (pids: readonly number[]): string[] => {
  const numbers = pids.map((pid) => statOf(pid)?.terminal ?? 0)
  const terminals = numbers.flatMap((number) => {
    const major = (number >> 8) & 0xfff
    const minor = (number & 0xff) | ((number >> 12) & 0xfff00)
    return major >= 136 && major <= 143 ? [`/dev/pts/${(major - 136) * 256 + minor}`] : []
  })
  return [...new Set(terminals)]
}
