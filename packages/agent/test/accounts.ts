import { execFileSync } from 'node:child_process'

/** Processes of a Unix account that are not on their way out. */
export const processesOf = (login: string): { pid: number; command: string }[] => {
  const uid = execFileSync('id', ['-u', login], { encoding: 'utf8' }).trim()
  const lines = execFileSync('ps', ['-eo', 'pid=,ruid=,stat=,args='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const [, pid, ruid, stat, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return ruid === uid && stat !== undefined && !stat.startsWith('Z') ? [{ pid: Number(pid), command: command ?? '' }] : []
  })
}
