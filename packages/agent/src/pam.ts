import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readIfThere, replaceFile } from './files.ts'

/** The line in sshd's PAM service that runs the hook when a session opens. */

const begin = '# holdfast agent: begin'
const end = '# holdfast agent: end'
const block = (hook: string): string[] => [begin, `session required pam_exec.so quiet ${hook}`, end]

/** PAM's settings are not as the hook needs them. */
export class PamRefused extends Error {
  override readonly name = 'PamRefused'
}

const isSession = (line: string): boolean => /^\s*(-?session\s|@include\s+common-session)/.test(line)
/** Other files of sessions, where systemd's module stands. */
const includesSessions = (line: string): string | null =>
  /^\s*(?:@include\s+(\S*session\S*)|-?session\s+(?:include|substack)\s+(\S+))/.exec(line)?.slice(1).find(Boolean) ?? null
/** A user's file may set variables of PAM: what runs as root after it must not read any. */
const readsUserEnvironment = (text: string): boolean => /^\s*[^#\n]*pam_env\.so[^#\n]*user_readenv\s*=\s*1/m.test(text)

/**
 * The file with our lines: after what sets up the session (systemd's module would move sshd's process again), but before a module that
 * reads variables from users' files. Throws `PamRefused` when both cannot be.
 */
export const withHook = (text: string, hook: string, read: (name: string) => string | null): string => {
  const lines = withoutHook(text).split('\n')
  const setUp = lines.reduce(
    (last, line, index) => (/^\s*-?session\s.*pam_(systemd|loginuid)\.so/.test(line) || includesSessions(line) ? index : last),
    -1,
  )
  const sessions = lines.flatMap((line, index) => (isSession(line) ? [index] : []))
  const risky = lines.findIndex(readsUserEnvironment)
  const after = setUp >= 0 ? setUp : (sessions.at(-1) ?? lines.length - 1)
  const included = lines.slice(0, after + 1).flatMap((line) => read(includesSessions(line) ?? '') ?? [])
  if ((risky >= 0 && risky <= after) || included.some(readsUserEnvironment))
    throw new PamRefused(
      'pam_env.so reads variables from users’ files (user_readenv=1) before the hook could run; remove that first',
    )
  return [...lines.slice(0, after + 1), ...block(hook), ...lines.slice(after + 1)].join('\n')
}

export const withoutHook = (text: string): string => {
  const lines = text.split('\n')
  const [from, to] = [lines.indexOf(begin), lines.indexOf(end)]
  return from < 0 || to < from ? text : [...lines.slice(0, from), ...lines.slice(to + 1)].join('\n')
}

export const addHook = (file: string, hook: string): Promise<void> => {
  const read = (name: string) => (name === '' ? null : readIfThere(join(dirname(file), name)))
  return replaceFile(file, withHook(readFileSync(file, 'utf8'), hook, read), { mode: 0o644 })
}

export const removeHookLine = async (file: string): Promise<void> => {
  const text = readIfThere(file)
  if (text === null) return
  const without = withoutHook(text)
  if (without !== text) await replaceFile(file, without, { mode: 0o644 })
}
