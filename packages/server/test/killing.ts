/** What a crash does to a running system: SIGKILL to one of its processes, which are found through /proc. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningSystem } from './system.ts'

export type Part = 'app' | 'key server' | 'database'

const modules = {
  app: ['server/src/main.ts', 'HOLDFAST_HOME='],
  'key server': ['keyserver/src/main.ts', 'HOLDFAST_KEYSERVER_DIR='],
}
const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

/** A process of this installation: its module, in our home. Null while it does not run. */
const pidOf = async (home: string, part: Exclude<Part, 'database'>): Promise<number | null> => {
  const [module = '', variable = ''] = modules[part]
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || !(await read(`/proc/${pid}/cmdline`)).includes(module)) continue
    const environment = (await read(`/proc/${pid}/environ`)).split('\0')
    if (environment.some((line) => line === variable + home || line.startsWith(`${variable}${home}/`))) return Number(pid)
  }
  return null
}
const postmasterOf = async (home: string): Promise<number | null> => {
  const { place } = JSON.parse(await read(join(home, 'postgres.json'))) as { place: string }
  const [pid] = (await read(join(place, 'data/postmaster.pid'))).split('\n')
  return pid ? Number(pid) : null
}

/** False when there was nothing to kill at the moment. */
export const killPart = async ({ home }: RunningSystem, part: Part): Promise<boolean> => {
  const pid = part === 'database' ? await postmasterOf(home) : await pidOf(home, part)
  if (pid !== null) process.kill(pid, 'SIGKILL')
  return pid !== null
}
