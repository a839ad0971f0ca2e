/** One server for the whole run, with one migrated template; test files copy it (see database.ts). */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bootstrapDatabase } from '../src/platform/bootstrap.ts'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { makeTestCertificate } from './certificate.ts'
import { TEMPLATE, type TestServer } from './database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestServer
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  chmodSync(home, 0o711) // as root the server runs as `postgres` and has to get in
  const tls = await makeTestCertificate(home)
  // What is tested is not the disk: nothing here has to survive a power cut.
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '300' }
  const postgres = await startEmbeddedPostgres({ directory: join(home, 'postgres'), tls, settings })
  const { host, port, superuser, password } = postgres
  const passwords = { app: randomBytes(12).toString('hex'), jobs: randomBytes(12).toString('hex') }
  const ssl = { ca: tls.ca }
  await bootstrapDatabase({
    admin: { host, port, user: superuser, password, ssl, database: 'postgres' },
    database: TEMPLATE,
    passwords,
  })
  project.provide('postgres', {
    host,
    port,
    superuser,
    password,
    ca: tls.ca,
    appPassword: passwords.app,
    jobsPassword: passwords.jobs,
  })
  return async () => {
    await postgres.stop()
    rmSync(home, { recursive: true, force: true })
  }
}
