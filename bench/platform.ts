/** A database that flushes to disk, a key server, and the server's own composition over them, in this process and without HTTP. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestKeyServer } from '@holdfast/keyserver/testing'
import type pg from 'pg'
import { compose } from '../packages/server/src/compose.ts'
import type { Ground } from '../packages/server/src/kernel/unit.ts'
import { bootstrapDatabase } from '../packages/server/src/platform/bootstrap.ts'
import { startEmbeddedPostgres } from '../packages/server/src/platform/embedded-postgres.ts'
import { createPool, flushOf, readTenantTables } from '../packages/server/src/platform/pool.ts'
import { makeTestCertificate } from '../packages/server/test/certificate.ts'
import { stoppable } from './leaving.ts'

export interface Node {
  readonly ground: Ground
  /** The application's connections; the peers use the same. */
  readonly pool: pg.Pool
  close(): Promise<void>
}

export interface BenchPlatform {
  /** The superuser, for arranging; row security does not hold for it. */
  readonly admin: pg.Pool
  /** On the disk that the database is on. */
  readonly home: string
  /** A node of the server with so many connections. */
  node(connections: number): Promise<Node>
  close(): Promise<void>
}

export const startBenchPlatform = async (): Promise<BenchPlatform> => {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  let closing = false
  await chmod(home, 0o711) // where we are root, the database is another user's and must get in
  const tls = await makeTestCertificate(home)
  const [server, keyServer] = await Promise.all([
    startEmbeddedPostgres({ directory: join(home, 'postgres'), tls }).then((started) => ({
      ...started,
      stop: stoppable(async () => {
        closing = true
        await started.stop()
        await rm(home, { recursive: true, force: true })
      }),
    })),
    startTestKeyServer(),
  ])
  const failed = (error: unknown): void => {
    // Idle connections that the server ends when it stops are no news.
    if (!closing) process.stderr.write(`outside a measurement: ${String(error)}\n`)
  }
  const password = randomBytes(12).toString('hex')
  const { host, port, superuser: user } = server
  const root = { host, port, user, password: server.password, ssl: { ca: tls.ca } }
  await bootstrapDatabase({
    admin: { ...root, database: 'postgres' },
    database: 'bench',
    passwords: { app: password, jobs: password },
  })
  const poolOf = (as: string, secret: string, max: number): pg.Pool =>
    createPool({
      ...{ host, port, database: 'bench', user: as, ca: tls.ca, max, pipeline: true, onError: failed },
      password: async () => secret,
    })
  const admin = poolOf(user, server.password, 1)
  return {
    admin,
    home,
    node: async (connections) => {
      const [pool, aside] = [poolOf('holdfast_app', password, connections), poolOf('holdfast_app', password, 3)]
      const composition = compose({
        ...{ pool, aside, keyServer: keyServer.client, publicUrl: 'https://localhost', onError: failed },
        tenantTables: await readTenantTables(pool),
        flush: await flushOf(aside), // never behind the transactions that wait for it
        setupTokenHash: async () => null,
      })
      return {
        ground: composition.path.services.ground,
        pool,
        close: async () => {
          await composition.close()
          await Promise.all([pool.end(), aside.end()])
        },
      }
    },
    close: async () => {
      await admin.end()
      await Promise.all([server.stop(), keyServer.close()])
    },
  }
}
