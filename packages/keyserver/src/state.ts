import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { ensurePrivateDirectory, readIfPresent, writeAtomically } from './files.ts'

/** Thrown when a state file was changed by something else than the key server. It then refuses to run. */
export class StateTampered extends Error {}

/**
 * The key server's own directory (0700, files 0600). Each file carries an HMAC over its name and content, so that damage, an edit or a
 * file put in another's place is found before anything is signed or unwrapped with it. It does not stop somebody who reads the
 * whole directory: such a person has the keys (docs/adr/0005-key-server.md).
 */
export interface State {
  /** The value, checked by the schema, or null when the file does not exist. Throws `StateTampered`. */
  read<T>(name: string, schema: z.ZodType<T>): Promise<T | null>
  /** Durable when the promise fulfils. */
  write(name: string, value: unknown): Promise<void>
  /** Names of the files in a folder, as `read` wants them. */
  list(folder: string): Promise<string[]>
}

const macKeyOf = async (directory: string): Promise<Buffer> => {
  const path = join(directory, 'state.key')
  const existing = await readIfPresent(path)
  if (existing) {
    if (existing.length !== 32) throw new StateTampered(`${path} must hold 32 bytes`)
    return existing
  }
  const created = randomBytes(32)
  await writeAtomically(path, created)
  return created
}

const parsed = (path: string, content: Buffer): { mac: Buffer; body: string } => {
  try {
    const { mac, body } = JSON.parse(content.toString()) as Record<string, unknown>
    if (typeof mac === 'string' && typeof body === 'string') return { mac: Buffer.from(mac, 'hex'), body }
  } catch {
    // A JSON error would quote the file, which may hold keys.
  }
  throw new StateTampered(`${path} is damaged: not a state file`)
}

export const openState = async (directory: string, folders: readonly string[] = []): Promise<State> => {
  await ensurePrivateDirectory(directory)
  for (const folder of folders) await ensurePrivateDirectory(join(directory, folder))
  const key = await macKeyOf(directory)
  const macOf = (name: string, body: string) => createHmac('sha256', key).update(`${name.length}:${name}|${body}`).digest()
  const pathOf = (name: string) => join(directory, `${name}.json`)
  return {
    async read(name, schema) {
      const path = pathOf(name)
      const content = await readIfPresent(path)
      if (!content) return null
      const { mac, body } = parsed(path, content)
      const expected = macOf(name, body)
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
        throw new StateTampered(`${path} was changed by something else than the key server; restore it from a backup`)
      }
      return schema.parse(JSON.parse(body))
    },
    async write(name, value) {
      const body = JSON.stringify(value)
      await writeAtomically(pathOf(name), JSON.stringify({ mac: macOf(name, body).toString('hex'), body }))
    },
    async list(folder) {
      const files = await readdir(join(directory, folder))
      // What begins with a dot is the unfinished work of a process that ended.
      return files.filter((file) => /^[^.].*\.json$/.test(file)).map((file) => `${folder}/${file.slice(0, -'.json'.length)}`)
    },
  }
}
