import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect, createTestDatabase, type TestDatabase } from '../../test/database.ts'
import { setRolePassword } from './bootstrap.ts'
import { migrate, MigrationHistoryError } from './migrate.ts'

let database: TestDatabase
let root: Client
let directory: string
beforeEach(async () => {
  database = await createTestDatabase()
  root = await connect(database.admin)
  await root.query('drop table migration')
  directory = await mkdtemp(join(tmpdir(), 'holdfast-migrations-'))
})
afterEach(async () => {
  await root.end()
  await database.drop()
  await rm(directory, { recursive: true })
})
const file = (name: string, sql: string) => writeFile(join(directory, name), sql)

test('applies files in order, each once, as the owner', async () => {
  await file('0001_first.sql', 'create table first_table (id int)')
  await file('0002_second.sql', 'alter table first_table add column note text')
  await file('notes.txt', 'not a migration')
  expect(await migrate(root, directory)).toEqual(['0001_first.sql', '0002_second.sql'])
  expect(await migrate(root, directory)).toEqual([])
  expect((await root.query(`select relowner::regrole::text as owner from pg_class where relname = 'first_table'`)).rows).toEqual([
    { owner: 'holdfast_owner' },
  ])
})

test('a failing file leaves nothing of itself', async () => {
  await file('0001_first.sql', 'create table first_table (id int)')
  await file('0002_second.sql', 'create table second_table (id int); select 1 / 0')
  await expect(migrate(root, directory)).rejects.toThrow('Migration 0002_second.sql failed: division by zero')
  expect((await root.query(`select name from migration`)).rows).toEqual([{ name: '0001_first.sql' }])
  expect((await root.query(`select from pg_class where relname = 'second_table'`)).rowCount).toBe(0)
})

test('a changed, missing or newer history is refused', async () => {
  await file('0001_first.sql', 'select 1')
  await migrate(root, directory)
  await file('0001_first.sql', 'select 2')
  await expect(migrate(root, directory)).rejects.toThrow(MigrationHistoryError)
  await rm(join(directory, '0001_first.sql'))
  await expect(migrate(root, directory)).rejects.toThrow(/does not know/)
  await file('0001_other.sql', 'select 1')
  await expect(migrate(root, directory)).rejects.toThrow(/where the files have/)
})

test('two processes that start at once take turns', async () => {
  await file('0001_first.sql', 'create table first_table (id int); select pg_sleep(0.1)')
  const other = await connect(database.admin)
  expect((await Promise.all([migrate(root, directory), migrate(other, directory)])).flat()).toEqual(['0001_first.sql'])
  await other.end()
})

test('a rotated password works at once; the server is only told its verifier', async () => {
  await root.query(`create role rotating login`)
  await root.query(`grant connect on database ${database.name} to rotating`)
  const as = (password: string) => connect({ ...database.app, user: 'rotating', password })
  await setRolePassword(root, 'rotating', 'first pass €')
  await (await as('first pass €')).end()
  await setRolePassword(root, 'rotating', 'second')
  await expect(as('first pass €')).rejects.toThrow(/password authentication failed/)
  await (await as('second')).end()
  await root.query(`drop owned by rotating; drop role rotating`)
})

test('the server takes no connection without TLS', async () => {
  await expect(connect({ ...database.app, ssl: false })).rejects.toThrow(/no encryption/)
})
