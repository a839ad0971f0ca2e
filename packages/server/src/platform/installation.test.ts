import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestKeyServer, type TestKeyServer } from '@holdfast/keyserver/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestCertificate } from '../../test/certificate.ts'
import { bootstrapDatabase } from './bootstrap.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'
import { createInstallation } from './installation.ts'
import { createPool } from './pool.ts'
import { openSecrets, readSecretsFile, saveSecrets } from './secrets-file.ts'

// A server of its own: roles belong to the whole server, and the other tests log in with theirs.
let home: string
let postgres: EmbeddedPostgres
let keyServer: TestKeyServer
let tls: { cert: string; key: string; ca: string }
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-rotation-'))
  tls = await makeTestCertificate(home)
  ;[postgres, keyServer] = await Promise.all([
    startEmbeddedPostgres({ directory: join(home, 'postgres'), tls, settings: { fsync: 'off' } }),
    startTestKeyServer(),
  ])
})
afterAll(async () => {
  await Promise.all([postgres.stop(), keyServer.close()])
  await rm(home, { recursive: true, force: true })
})

test('new passwords while log-ins go on: none is lost, and the old ones open nothing', async () => {
  const secretsFile = join(home, 'secrets.json')
  const first = { app: 'first password of app', jobs: 'first password of jobs' }
  await saveSecrets(secretsFile, { 'database-app': first.app, 'database-jobs': first.jobs }, keyServer.client)
  const { host, port, superuser: user, password } = postgres
  await bootstrapDatabase({
    admin: { host, port, user, password, database: 'postgres', ssl: { ca: tls.ca } },
    database: 'holdfast',
    passwords: first,
  })
  const poolOf = (role: 'app' | 'jobs') =>
    createPool({
      ...{ host, port, database: 'holdfast', user: `holdfast_${role}`, ca: tls.ca, max: 6, pipeline: false, onError: () => {} },
      password: async () => (await openSecrets(await readSecretsFile(secretsFile), keyServer.client))[`database-${role}`] ?? '',
    })
  const pools = { app: poolOf('app'), jobs: poolOf('jobs') }
  const installation = createInstallation({ secretsFile, keyServer: keyServer.client, pools })
  const longLived = await pools.app.connect()

  let stop = false
  let logins = 0
  const load = Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      while (!stop) {
        const client = await pools[n % 2 === 0 ? 'app' : 'jobs'].connect()
        await client.query('select 1')
        client.release(true) // the next one logs in anew
        logins++
      }
    }),
  )
  for (let round = 0; round < 8; round++) await installation.rotateDatabasePasswords()
  expect(await installation.rotateDatabasePasswords()).toBe(10)
  stop = true
  await load
  expect(logins).toBeGreaterThan(20)
  expect((await longLived.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  longLived.release()
  expect((await pools.app.query('select 1 as one')).rows).toEqual([{ one: 1 }])

  const stale = new pg.Client({
    host,
    port,
    database: 'holdfast',
    user: 'holdfast_app',
    password: first.app,
    ssl: { ca: tls.ca },
  })
  await expect(stale.connect()).rejects.toMatchObject({ code: '28P01' })
  const names = (await installation.databasePasswords()).map(({ name, version }) => `${name} ${version}`)
  expect(names).toEqual(['database-app 10', 'database-jobs 10'])

  const before = await readFile(secretsFile, 'utf8')
  await keyServer.client.rotate('tenant')
  expect(await installation.rewrapSecrets()).toBe(2)
  expect(await readFile(secretsFile, 'utf8')).not.toBe(before)
  await keyServer.client.retire('tenant', 1)
  expect((await pools.app.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await Promise.all([pools.app.end(), pools.jobs.end()])
})
