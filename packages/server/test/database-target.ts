/** A PostgreSQL server that is not the platform's own, with a database in it that may be registered. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { makeTestCertificate } from './certificate.ts'

/** A group role whose name needs quoting. */
export const oddGroup = `re"ad'ers; drop role x`
export const maker = { administrator: 'maker', password: 'maker-password' }

const fill = async (root: pg.Client): Promise<void> => {
  const odd = pg.escapeIdentifier(oddGroup)
  await root.query(`create table customer as select g as id from generate_series(1, 1000) g;
    create role ${odd}; create role writers; create role strong createrole; create role maker login createrole password 'maker-password'`)
  await root.query(`grant select on customer to ${odd}; grant select, insert on customer to writers; grant create on schema public to writers;
    grant strong, writers, ${odd} to maker with admin option`)
}

export const startTarget = async () => {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-target-'))
  chmodSync(home, 0o711)
  const tls = await makeTestCertificate(home)
  const server = await startEmbeddedPostgres({ directory: join(home, 'postgres'), tls })
  const clientOf = async (user: string, password: string, where = 'shop'): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, database: where, user, password, ssl: { ca: tls.ca } })
    client.on('error', () => undefined) // backends are ended on purpose here
    await client.connect()
    return client
  }
  const first = await clientOf(server.superuser, server.password, 'postgres')
  await first.query('create database shop')
  await first.end()
  const root = await clientOf(server.superuser, server.password)
  await fill(root)
  const close = async () => {
    await root.end()
    await server.stop()
    rmSync(home, { recursive: true, force: true })
  }
  return { ca: tls.ca, server, root, clientOf, close }
}
