import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Failed, UsageError, type Io } from '../io.ts'

const run = promisify(execFile)

/** A directory of its owner only, with a key pair that was made there and is never anywhere else. */
export interface KeyDirectory {
  path: string
  privateKey: string
  certificate: string
  knownHosts: string
  /** A line of OpenSSH. */
  publicKey: string
  remove: () => void
}

/** ssh expands and splits what it reads as options, and there is no way to write these signs that all of them take. */
const usable = (path: string): string => {
  if (/["'\\$%~\s]/.test(path)) throw new UsageError(`ssh cannot be told of files in ${path}; set TMPDIR to a plain path`)
  return path
}

/** The environment of a program that has no business with our API key. */
export const withoutSecrets = (env: Io['env']): Io['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('HOLDFAST_')))

/** What to do where a program is not installed. */
export const explainMissing = (program: string, error: unknown, from = 'the client of OpenSSH'): Error => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error instanceof Error ? error : new Error(String(error))
  return new Failed(`${program} was not found: install ${from}`, { cause: error })
}

/** Makes a key pair for one connection. `remove` takes everything away, and may be called twice. */
export const createKeyDirectory = async (io: Io, prefix = join(tmpdir(), 'holdfast-ssh-')): Promise<KeyDirectory> => {
  const path = await mkdtemp(usable(prefix))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  const at = (name: string): string => join(path, name)
  try {
    await chmod(path, 0o700)
    const env = withoutSecrets(io.env) as NodeJS.ProcessEnv
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'holdfast', '-f', at('key')], { env })
    const publicKey = (await readFile(at('key.pub'), 'utf8')).trim()
    return { path, privateKey: at('key'), certificate: at('certificate.pub'), knownHosts: at('known_hosts'), publicKey, remove }
  } catch (error) {
    remove()
    throw explainMissing('ssh-keygen', error)
  }
}

/** A file that only its owner can read. */
export const writeOwn = (path: string, content: string): Promise<void> => writeFile(path, content, { mode: 0o600 })
