import { readFile, rename, writeFile } from 'node:fs/promises'
import type { KeyServerClient } from '@holdfast/keyserver/client'
import { z } from 'zod'

/**
 * Secrets that the app needs before it can reach its database. Each value is wrapped by the key server, bound to its name:
 * the file alone opens nothing (D2, D3).
 */
const SecretsFile = z.record(
  z.string(),
  z.object({ wrapped: z.base64(), version: z.number().int(), createdAt: z.iso.datetime() }),
)
export type SecretsOnDisk = z.infer<typeof SecretsFile>

const contextOf = (name: string): Record<string, string> => ({ scope: 'app', secret: name })

export const readSecretsFile = async (file: string): Promise<SecretsOnDisk> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  return SecretsFile.parse(JSON.parse(text))
}

export const openSecrets = async (
  secrets: SecretsOnDisk,
  keyServer: Pick<KeyServerClient, 'unwrap'>,
): Promise<Record<string, string>> => {
  const names = Object.keys(secrets)
  if (names.length === 0) return {}
  const items = names.map((name) => ({ wrapped: Buffer.from(secrets[name]?.wrapped ?? '', 'base64'), context: contextOf(name) }))
  const opened = await keyServer.unwrap(items)
  return Object.fromEntries(names.map((name, index) => [name, opened[index]?.plaintext.toString('utf8') ?? '']))
}

/** Written beside and renamed, so that a crash leaves the old file or the new one. */
const write = async (file: string, secrets: SecretsOnDisk): Promise<void> => {
  await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

/** Replaces the named secrets, keeping the others. */
export const saveSecrets = async (
  file: string,
  values: Record<string, string>,
  keyServer: Pick<KeyServerClient, 'wrap'>,
): Promise<void> => {
  const secrets = await readSecretsFile(file)
  const names = Object.keys(values)
  const wrapped = await keyServer.wrap(
    names.map((name) => ({ plaintext: Buffer.from(values[name] ?? ''), context: contextOf(name) })),
  )
  names.forEach((name, index) => {
    const item = wrapped[index]
    if (!item) throw new Error('the key server answered with fewer keys than asked')
    const version = (secrets[name]?.version ?? 0) + 1
    secrets[name] = { wrapped: item.wrapped.toString('base64'), version, createdAt: new Date().toISOString() }
  })
  await write(file, secrets)
}

/** Wraps every secret under the current master key; the values stay. Returns how many there are. */
export const rewrapSecretsFile = async (file: string, keyServer: Pick<KeyServerClient, 'rewrap'>): Promise<number> => {
  const secrets = await readSecretsFile(file)
  const entries = Object.entries(secrets)
  if (entries.length === 0) return 0
  const rewrapped = await keyServer.rewrap(
    entries.map(([name, { wrapped }]) => ({ wrapped: Buffer.from(wrapped, 'base64'), context: contextOf(name) })),
  )
  entries.forEach(([name, secret], index) => {
    const item = rewrapped[index]
    if (!item) throw new Error('the key server answered with fewer keys than asked')
    secrets[name] = { ...secret, wrapped: item.wrapped.toString('base64') }
  })
  await write(file, secrets)
  return entries.length
}
