import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { fileTrouble } from './file-trouble.ts'
import { Failed, UsageError, type Io } from './io.ts'

/** What `login` keeps for one server. A key is only ever sent to the server it was made for. */
const Login = z.object({
  key: z.string(),
  /** PEM file of the authority that signed the server's certificate */
  ca: z.string().optional(),
  /** `login` made the key itself, so `logout` revokes it */
  made: z.boolean().default(false),
})
const Config = z.object({
  /** The server that is meant when none is named. */
  current: z.string().optional(),
  servers: z.record(z.string(), Login).default({}),
})
export type Config = z.output<typeof Config>
export type Login = z.output<typeof Login>

/** `$XDG_CONFIG_HOME/holdfast/config.json` (XDG Base Directory Specification). */
export const configFile = (io: Io): string => {
  const home = io.env.XDG_CONFIG_HOME
  return join(home?.startsWith('/') ? home : join(io.env.HOME ?? homedir(), '.config'), 'holdfast', 'config.json')
}

/** An empty configuration when there is no file. Throws {@link UsageError} when it cannot be read or understood. */
export const readConfig = async (io: Io): Promise<Config> => {
  const file = configFile(io)
  try {
    return Config.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { servers: {} }
    throw new UsageError(`${file} cannot be read as the configuration; repair or remove it`, { cause: error })
  }
}

/** Replaces the file in one step; only its owner may read it. */
export const writeConfig = async (io: Io, config: Config): Promise<void> => {
  const file = configFile(io)
  const directory = dirname(file)
  const fresh = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await chmod(directory, 0o700)
    await writeFile(fresh, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(fresh, file)
  } catch (error) {
    await rm(fresh, { force: true })
    throw new Failed(`cannot write ${file}: ${fileTrouble(error)}`, { cause: error })
  }
}
