import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { HostName } from '@holdfast/contract'
import { UsageError, type Io } from '../io.ts'
import { plain } from '../print.ts'
import { findServer } from '../server.ts'
import { secondsUntil } from './duration.ts'
import { untilSignal } from './interrupt.ts'
import { issueInto } from './issue.ts'
import { createKeyDirectory, writeOwn } from './key-directory.ts'
import { accessTo } from './running.ts'
import { askingOf, type SshOptions } from './ssh.ts'
import { configLines } from './ssh-options.ts'

/** What is kept for one server and login between two connections. */
const Kept = z.object({ validBefore: z.string() })

/** A certificate that runs out sooner might do so while ssh still connects. */
const enoughSeconds = 60
/** Longer than any certificate lives. */
const outlivedMs = 20 * 60_000

/** `$XDG_RUNTIME_DIR`, which is in memory and its owner's only; else below `$XDG_STATE_HOME` (XDG Base Directory Specification). */
const baseDirectory = ({ env }: Io): string => {
  const own = env.XDG_RUNTIME_DIR ?? env.XDG_STATE_HOME
  return join(own?.startsWith('/') ? own : join(env.HOME ?? homedir(), '.local', 'state'), 'holdfast', 'ssh')
}

/** Where the files for a server and login are: one place for each of our servers. */
const placeOf = async (io: Io, name: string, options: SshOptions): Promise<string> => {
  if (!HostName.safeParse(name).success)
    throw new UsageError(`${plain(name)} is no name of a server (small letters, digits, hyphens)`)
  const { origin } = await findServer(io, options)
  const server = new URL(origin).host.replace(/[^a-z0-9.-]/gi, '_')
  return join(baseDirectory(io), server, options.login === undefined ? name : `${name}_${options.login}`)
}

const configName = 'config'
const keptName = 'kept.json'

const isFresh = async (place: string): Promise<boolean> => {
  try {
    const { validBefore } = Kept.parse(JSON.parse(await readFile(join(place, keptName), 'utf8')))
    return secondsUntil(validBefore) > enoughSeconds && (await stat(join(place, configName))).isFile()
  } catch {
    // Nothing there yet, or nothing that can be read: it is made anew.
    return false
  }
}

const replace = async (place: string, name: string, content: string): Promise<void> => {
  const fresh = join(place, `${name}.${process.pid}`)
  await writeOwn(fresh, content)
  await rename(fresh, join(place, name))
}

/** A connection that is being made may still read the last key; what no certificate can belong to any more goes. */
const sweep = async (place: string): Promise<void> => {
  for (const entry of await readdir(place)) {
    if (!entry.startsWith('key-')) continue
    const path = join(place, entry)
    if (Date.now() - (await stat(path)).mtimeMs > outlivedMs) await rm(path, { recursive: true, force: true })
  }
}

/** `ssh --refresh HOST`: a key and certificate where the ssh_config of `--print-config` looks for them; nothing when those there still do. */
export const refresh = async (given: Io, name: string, options: SshOptions): Promise<void> => {
  const place = await placeOf(given, name, options)
  if (await isFresh(place)) return
  await rm(join(place, configName), { force: true })
  const asking = await askingOf(given, options)
  const grant = await accessTo(asking, { kind: 'host', name })
  await mkdir(place, { recursive: true, mode: 0o700 })
  const stop = asking.io.onSignal(() => undefined)
  const directory = await createKeyDirectory(asking.io, join(place, 'key-'))
  try {
    const certificate = await untilSignal(asking.io, () => issueInto(asking, grant, directory))
    await replace(place, keptName, JSON.stringify({ validBefore: certificate.validBefore }))
    await replace(place, configName, configLines(certificate, directory))
    await sweep(place)
  } catch (error) {
    directory.remove()
    throw error
  } finally {
    stop()
  }
}

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`)

/** `ssh --print-config HOST`: a block for ssh_config with which ssh, scp, rsync and editors connect as `holdfast ssh` does. */
export const printConfig = async (io: Io, name: string, options: SshOptions): Promise<void> => {
  const place = await placeOf(io, name, options)
  const config = join(place, configName)
  if (/["\s]/.test(config)) throw new UsageError(`ssh cannot be told of files in ${place}; set XDG_STATE_HOME to a plain path`)
  // Editors start ssh with another environment than a shell's: the server is named.
  const { origin } = await findServer(io, options)
  const chosen = Object.entries({ url: origin, ca: options.ca, login: options.login }).flatMap(([option, value]) =>
    value === undefined ? [] : [`--${option}`, quoted(value)],
  )
  const command = ['holdfast', 'ssh', '--refresh', ...chosen, name].join(' ')
  if (/["%]/.test(command)) throw new UsageError('ssh cannot be told of options with " or % in them')
  // ssh takes the first HostName: the last line counts only where there was no access, and leads nowhere (RFC 6761 §6.4).
  const nowhere = `Host ${name}\n  HostName no-access-to-${name}.invalid\n`
  const block = `Match originalhost ${name} exec "${command}"\n  Include ${config}\n${nowhere}`
  io.stdout.write(options.json ? `${JSON.stringify({ host: name, command, config, block }, null, 2)}\n` : block)
}
