import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { KeyServerClient } from '@holdfast/keyserver/client'
import type pg from 'pg'
import { bootstrapDatabase, type RolePasswords } from '../platform/bootstrap.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from '../platform/embedded-postgres.ts'
import type { Home } from '../platform/home.ts'
import { openSecrets, readSecretsFile, saveSecrets } from '../platform/secrets-file.ts'
import type { Certificates } from './certificates.ts'

export interface RunningDatabase {
  /** For the bootstrap only. */
  admin: pg.ClientConfig & { host: string; port: number }
  /** The database of the platform. */
  name: string
  caFile: string | null
  stop: () => Promise<void>
}

const tlsFor = async (caFile: string | null) => ({
  minVersion: 'TLSv1.2' as const,
  ...(caFile !== null && { ca: await readFile(caFile, 'utf8') }),
})

/** An administrator's connection from HOLDFAST_DATABASE_URL. TLS is not optional: a URL cannot switch it off. */
const external = async (url: string, caFile: string | null): Promise<RunningDatabase> => {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  if (!/^postgres(ql)?:$/.test(protocol)) throw new Error('HOLDFAST_DATABASE_URL is not a postgres:// URL.')
  const name = decodeURIComponent(pathname.slice(1)) || 'holdfast'
  const admin = {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: 'postgres',
    ssl: await tlsFor(caFile),
  }
  return { admin, name, caFile, stop: async () => {} }
}

const restartPauseMs = 500

/** Starts it again, on its port, whenever it ends without having been asked to: whoever is connected comes back by themselves. */
export const keepRunning = async (options: EmbeddedPostgresOptions, onCrash: () => void): Promise<EmbeddedPostgres> => {
  let stopping = false
  let server = await startEmbeddedPostgres(options)
  const { port } = server
  const watch = async (): Promise<void> => {
    await server.ended
    while (!stopping) {
      onCrash()
      await pause(restartPauseMs)
      const next = stopping ? null : await startEmbeddedPostgres(options).catch(() => null)
      if (!next) continue
      server = next
      // Somebody took its port meanwhile: nobody would find it at another.
      if (stopping || next.port !== port) await next.stop()
      await next.ended
    }
  }
  const watching = watch()
  return {
    ...server,
    stop: async () => {
      stopping = true
      await server.stop()
      await watching
    },
  }
}

/** The database named by the environment, or the embedded one. */
export const startDatabase = async (
  home: Home,
  certificates: Certificates,
  environment: NodeJS.ProcessEnv,
  onCrash: () => void,
): Promise<RunningDatabase> => {
  const url = environment['HOLDFAST_DATABASE_URL']
  if (url) return external(url, environment['HOLDFAST_DATABASE_CA'] ?? null)
  const { certificate: cert, key } = certificates.postgres
  const server = await keepRunning({ directory: home.postgres, tls: { cert, key } }, onCrash)
  const { host, port, superuser: user, password } = server
  const admin = { host, port, user, password, database: 'postgres', ssl: await tlsFor(home.caFile) }
  return { admin, name: 'holdfast', caFile: home.caFile, stop: () => server.stop() }
}

/** Roles, schema and the roles' passwords, which are made once and kept wrapped. */
export const prepareDatabase = async (
  home: Home,
  { admin, name }: RunningDatabase,
  keyServer: KeyServerClient,
): Promise<string[]> => {
  const known = await openSecrets(await readSecretsFile(home.secretsFile), keyServer)
  const password = (role: string): string => known[`database-${role}`] ?? randomBytes(32).toString('base64url')
  const passwords: RolePasswords = { app: password('app'), jobs: password('jobs') }
  if (known['database-app'] === undefined || known['database-jobs'] === undefined) {
    await saveSecrets(home.secretsFile, { 'database-app': passwords.app, 'database-jobs': passwords.jobs }, keyServer)
  }
  const { applied } = await bootstrapDatabase({ admin, database: name, passwords })
  return applied
}
