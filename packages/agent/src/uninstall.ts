import { existsSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClock } from './clock.ts'
import { findCgroups } from './containment.ts'
import { removeHook } from './hook.ts'
import { askAgent } from './hook-socket.ts'
import { removeHookLine } from './pam.ts'
import { layoutOf, type Layout } from './paths.ts'
import { hasSystemd, reloadSshd, removeService } from './service.ts'
import { createSessions } from './sessions.ts'
import { readSettings, type Settings } from './settings.ts'
import { removeDropIn } from './sshd-settings.ts'

const stopAgent = async (layout: Layout): Promise<void> => {
  if (hasSystemd(layout)) await removeService(layout)
  const stopping = await askAgent(layout.socket, ['stop']).catch(() => null)
  for (let tries = 0; stopping !== null && tries < 100 && existsSync(layout.socket); tries += 1) await sleep(50)
}

/** Ends the sessions that run, their watchdogs and their groups, and takes our files away; sshd and PAM are no longer told of them. */
export const removeEverything = async (layout: Layout, { cgroup }: Pick<Settings, 'cgroup'>): Promise<void> => {
  const cgroups = findCgroups(cgroup)
  const clock = createClock()
  const sessions = createSessions({ directory: layout.sessions, cgroups, clock, warnBefore: [], onEnded: async () => undefined })
  await sessions.resume()
  await Promise.all(sessions.all().map(({ id }) => sessions.end(id, 'closed', clock.now())))
  sessions.stop()
  if (cgroups !== null) rmdirSync(cgroups)
  removeHook(layout)
  for (const directory of [layout.etc, layout.state, layout.run, dirname(layout.recorderSocket)])
    rmSync(directory, { recursive: true, force: true })
}

/**
 * Takes the host out of the agent's care: sshd and PAM as they were, then the agent, its sessions and its files. The host stays registered
 * at the server until somebody retires it there. False when there was nothing to take away.
 */
export const uninstallAgent = async ({ root, say }: { root?: string; say: (line: string) => void }): Promise<boolean> => {
  const layout = layoutOf(root)
  if (!existsSync(layout.settings)) return false
  const settings = readSettings(layout)
  removeDropIn(layout)
  await removeHookLine(settings.pam)
  say(
    (await reloadSshd(layout))
      ? 'sshd and PAM are as they were.'
      : 'sshd and PAM are as they were. Reload sshd: it was not found running.',
  )
  await stopAgent(layout)
  await removeEverything(layout, settings)
  say('The agent, its sessions and its files are gone. Retire the host at the server, so that its key is dead.')
  return true
}
