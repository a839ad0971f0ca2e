/**
 * The peer of `identity.request`, a process of its own: better-auth as its documentation sets it up, through its own Node handler, over the same
 * TLS and the same PostgreSQL. Its cookie cache is off, as it is unless one turns it on: with it a revoked session goes on for minutes.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import pg from 'pg'
import { tlsSettings } from '../packages/server/src/kernel/http/headers.ts'
import { superuserAt } from './superuser.ts'

const [home = '', database = '', connections = '', secret = ''] = process.argv.slice(2)
const pool = new pg.Pool({ ...(await superuserAt(home)), database, max: Number(connections) })
const server = createServer({
  ...tlsSettings,
  cert: await readFile(join(home, 'app', 'https.pem'), 'utf8'),
  key: await readFile(join(home, 'app', 'https.key'), 'utf8'),
})
await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
const baseURL = `https://localhost:${(server.address() as AddressInfo).port}`
const options = {
  ...{ database: pool, secret, baseURL, emailAndPassword: { enabled: true } },
  // The load comes from one address.
  ...{ rateLimit: { enabled: false }, telemetry: { enabled: false } },
}
await (await getMigrations(options)).runMigrations()
const handle = toNodeHandler(betterAuth(options))
server.on('request', (request, response) => void handle(request, response))
process.stdout.write(`${JSON.stringify({ baseURL })}\n`)
process.on('SIGTERM', () => process.exit(0))
