import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Home } from '../platform/home.ts'
import type { Certificates } from './certificates.ts'
import { keepRunning } from './database.ts'

/** A PostgreSQL server of the example's own, with a shop in it: ours may never be registered, so that nobody gets into it by a grant. */
export interface ExampleDatabase {
  host: string
  port: number
  database: string
  /** PEM of the authority that signed its certificate. */
  authority: string
  /** Connects as its superuser, or as somebody else. Whoever calls ends it. */
  connect: (user?: string, password?: string) => Promise<pg.Client>
  /** Makes the shop, its group roles and the login that Holdfast works with; returns that login. */
  fill: () => Promise<{ administrator: string; password: string }>
  stop: () => Promise<void>
}

const shop = `
  create table customer (id int primary key, name text not null, since date not null);
  create table purchase (id int primary key, customer_id int not null references customer, cents int not null, state text not null);
  insert into customer select n, 'Customer ' || n, date '2020-01-01' + n from generate_series(1, 200) n;
  insert into purchase select n, 1 + n % 200, 500 + n % 9000, case when n % 97 = 0 then 'stuck' else 'sent' end from generate_series(1, 5000) n;
  create role shop_readers nologin;
  create role shop_writers nologin;
  grant select on customer, purchase to shop_readers, shop_writers;
  grant insert, update on customer, purchase to shop_writers;`

const name = 'shop'
const administrator = 'holdfast'

export const startExampleDatabase = async (
  home: Home,
  { postgres: { certificate: cert, key } }: Certificates,
  onCrash: () => void,
): Promise<ExampleDatabase> => {
  const directory = join(home.root, 'example')
  await mkdir(directory, { recursive: true })
  const server = await keepRunning({ directory: join(directory, 'postgres'), tls: { cert, key } }, onCrash)
  const { host, port } = server
  const authority = await readFile(home.caFile, 'utf8')
  const client = async (database: string, user: string, password: string): Promise<pg.Client> => {
    const made = new pg.Client({ host, port, database, user, password, ssl: { ca: authority } })
    made.on('error', () => undefined) // whoever loses their access loses their connection
    await made.connect()
    return made
  }
  const connect: ExampleDatabase['connect'] = (user = server.superuser, password = server.password) =>
    client(name, user, password)
  const fill = async () => {
    const first = await client('postgres', server.superuser, server.password)
    await first.query(`create database ${name}`)
    await first.end()
    const root = await connect()
    const password = randomBytes(24).toString('base64url')
    await root.query(shop)
    await root.query(`create role ${administrator} login createrole password ${pg.escapeLiteral(password)}`)
    await root.query(`grant shop_readers, shop_writers to ${administrator} with admin option`)
    await root.end()
    return { administrator, password }
  }
  return { host, port, database: name, authority, connect, fill, stop: () => server.stop() }
}
