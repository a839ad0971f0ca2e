import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../test/database.ts'
import { sharedBarrier } from '../kernel/ledger/barrier.ts'
import { runBatch } from '../kernel/tenancy/batch.ts'
import { bootstrapDatabase } from './bootstrap.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'

let home: string
let server: EmbeddedPostgres
const start = () => startEmbeddedPostgres({ directory: join(home, 'postgres') })
const config = (user: string, password: string) => ({ host: server.host, port: server.port, user, password, database: 'durable' })
const org = '0197f2a0-0000-7000-8000-00000000000a'

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-embedded-'))
  chmodSync(home, 0o711) // as root the server runs as `postgres` and has to get in
  server = await start()
  await bootstrapDatabase({ admin: superuser('postgres'), database: 'durable', passwords })
})
afterAll(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

test('the superuser’s password is ours to read only; a second start finds port and data', async () => {
  expect(statSync(join(home, 'postgres.password')).mode & 0o777).toBe(0o600)
  const { port } = server
  await server.stop()
  const began = performance.now()
  server = await start()
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(server.port).toBe(port)
})

test('a home in use is refused: its starter lives', async () => {
  await expect(start()).rejects.toThrow(/already in use by process/)
})

const superuser = (database: string) => ({
  host: server.host,
  port: server.port,
  user: server.superuser,
  password: server.password,
  database,
})
const passwords = { app: 'app', jobs: 'jobs' }

test('the bootstrap works for an administrator who is no superuser, as on a managed service, and again', async () => {
  const root = await connect(superuser('postgres'))
  await root.query(`create role managed_admin login createrole createdb password 'managed'`)
  for (const role of ['owner', 'gate', 'ledger', 'jobs', 'app'])
    await root.query(`grant holdfast_${role} to managed_admin with admin option`)
  await root.end()
  const admin = { ...superuser('postgres'), user: 'managed_admin', password: 'managed' }
  expect((await bootstrapDatabase({ admin, database: 'managed', passwords })).applied).toContain('0002_ledger.sql')
  expect((await bootstrapDatabase({ admin, database: 'managed', passwords })).applied).toEqual([])
  const app = await connect({ ...config('holdfast_app', 'app'), database: 'managed' })
  expect((await app.query('select gate_setup_needed() as needed')).rows).toEqual([{ needed: true }])
  await app.end()
})

test('a role with rights it must not have is refused', async () => {
  const root = await connect(superuser('durable'))
  const bootstrap = () => bootstrapDatabase({ admin: superuser('postgres'), database: 'durable', passwords })
  for (const [strong, weak] of [
    ['create role strong; grant strong to holdfast_app', 'drop role strong'],
    ['alter role holdfast_app bypassrls', 'alter role holdfast_app nobypassrls'],
  ] as const) {
    await root.query(strong)
    await expect(bootstrap()).rejects.toThrow(/rights they must not have: holdfast_app/)
    await root.query(weak)
  }
  await expect(bootstrap()).resolves.toEqual({ applied: [] })
  await root.end()
})

/** Appends until the connection breaks; `acknowledged` grows after the flush only, as an answer to a client would. */
async function appendUntilKilled(acknowledged: number[]): Promise<void> {
  const flusher = await connect(config('holdfast_app', 'app'))
  const barrier = sharedBarrier(() => flusher.query(`select pg_logical_emit_message(false, 'f', '', true)`))
  const worker = async (client: Client) => {
    for (;;) {
      await runBatch(client, [
        { name: 'begin', text: 'begin' },
        { name: 'enter', text: `select enter('${org}', 'pe_1', true)` },
      ])
      const results = await runBatch(client, [
        { name: 'append', text: `select seq from ledger_append('{"action": "test"}')` },
        { name: 'commit', text: 'commit' },
      ])
      await barrier()
      acknowledged.push(Number(results[0]?.rows[0]?.['seq']))
    }
  }
  const clients = await Promise.all(Array.from({ length: 6 }, () => connect(config('holdfast_app', 'app'))))
  await Promise.allSettled(clients.map(worker))
}

test('kill −9 loses no acknowledged entry, and the chain is whole', async () => {
  for (let round = 0; round < 3; round++) {
    const acknowledged: number[] = []
    const appending = appendUntilKilled(acknowledged)
    // In the midst of it, however slow the machine is just now.
    for (const patience = performance.now() + 10_000; acknowledged.length <= 20 && performance.now() < patience;) await sleep(20)
    await sleep(50)
    process.kill(server.pid, 'SIGKILL')
    await appending
    server = await start()
    const root = await connect(superuser('durable'))
    const { rows } = await root.query<{ entries: number; broken: number }>(`
      select count(*)::int as entries, count(*) filter (where seq <> place or hash <> ledger_hash(org_id, seq, at_us, prev, sha256(convert_to(body, 'UTF8')))
        or prev <> coalesce(before, sha256('HFL1 genesis'::bytea || uuid_send(org_id))))::int as broken
      from (select *, row_number() over w - 1 as place, lag(hash) over w as before from ledger window w as (order by seq)) l`)
    await root.end()
    expect(acknowledged.length).toBeGreaterThan(20)
    expect(rows[0]?.broken).toBe(0)
    expect(rows[0]?.entries).toBeGreaterThan(Math.max(...acknowledged))
  }
}, 60_000)
