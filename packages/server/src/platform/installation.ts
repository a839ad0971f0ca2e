import { randomBytes } from 'node:crypto'
import type { KeyServerClient } from '@holdfast/keyserver/client'
import type pg from 'pg'
import type { Installation } from '../kernel/installation.ts'
import { setRolePassword } from './bootstrap.ts'
import { openSecrets, readSecretsFile, rewrapSecretsFile, saveSecrets } from './secrets-file.ts'

export interface InstallationOptions {
  secretsFile: string
  keyServer: Pick<KeyServerClient, 'wrap' | 'unwrap' | 'rewrap'>
  /** Each connects as its role. */
  pools: { app: pg.Pool; jobs: pg.Pool }
}

const roles = ['app', 'jobs'] as const

/** One change of the file at a time. */
const oneByOne = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work, work)
    last = done.catch(() => {})
    return done
  }
}

export const createInstallation = ({ secretsFile, keyServer, pools }: InstallationOptions): Installation => {
  const inTurn = oneByOne()
  /**
   * The file first: a crash in between leaves a password in the file that the next start gives to the role. Whoever logs in between the two
   * steps is refused once and tries again (pool.ts).
   */
  const rotateRole = async (role: (typeof roles)[number]): Promise<void> => {
    const name = `database-${role}`
    const before = (await openSecrets(await readSecretsFile(secretsFile), keyServer))[name]
    const next = randomBytes(32).toString('base64url')
    const client = await pools[role].connect()
    try {
      await saveSecrets(secretsFile, { [name]: next }, keyServer)
      await setRolePassword(client, `holdfast_${role}`, next).catch(async (error: unknown) => {
        if (before !== undefined) await saveSecrets(secretsFile, { [name]: before }, keyServer)
        throw error
      })
    } finally {
      client.release()
    }
  }
  return {
    databasePasswords: async () =>
      Object.entries(await readSecretsFile(secretsFile)).map(([name, { version, createdAt }]) => ({
        name,
        version,
        createdAt: new Date(createdAt),
      })),
    rotateDatabasePasswords: () =>
      inTurn(async () => {
        for (const role of roles) await rotateRole(role)
        return (await readSecretsFile(secretsFile))['database-app']?.version ?? 0
      }),
    rewrapSecrets: () => inTurn(() => rewrapSecretsFile(secretsFile, keyServer)),
    staleDataKeys: async (ring, max) => {
      const { rows } = await pools.jobs.query<{ scope: string; version: number }>(
        'select scope, version from list_stale_data_keys($1, $2)',
        [ring, max],
      )
      return rows
    },
  }
}
