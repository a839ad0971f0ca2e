/** A database of its own for each test file: a copy of the migrated template, 50 ms. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

/** The shared server, as the global set-up provides it. */
export interface TestServer {
  readonly host: string
  readonly port: number
  readonly superuser: string
  readonly password: string
  readonly ca: string
  readonly appPassword: string
  readonly jobsPassword: string
}

export interface TestDatabase {
  readonly name: string
  /** The superuser: for arranging and for looking behind the fences. */
  readonly admin: pg.ClientConfig
  readonly app: pg.ClientConfig
  readonly jobs: pg.ClientConfig
  drop(): Promise<void>
}

export const TEMPLATE = 'holdfast_template'

export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `test_${randomBytes(6).toString('hex')}`
  const to = (database: string, user: string, password: string): pg.ClientConfig => ({
    host: server.host,
    port: server.port,
    user,
    password,
    database,
    ssl: { ca: server.ca },
  })
  const { superuser, password } = server
  const command = async (sql: string) => {
    const client = await connect(to('postgres', superuser, password))
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  await command(`create database ${name} template ${TEMPLATE} owner holdfast_owner`)
  await command(`revoke all on database ${name} from public; grant connect on database ${name} to holdfast_app, holdfast_jobs`)
  return {
    name,
    admin: to(name, superuser, password),
    app: to(name, 'holdfast_app', server.appPassword),
    jobs: to(name, 'holdfast_jobs', server.jobsPassword),
    drop: () => command(`drop database ${name} with (force)`),
  }
}

/** A connected client; losing the connection does not end the process. */
export async function connect(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  await client.connect()
  return client
}
