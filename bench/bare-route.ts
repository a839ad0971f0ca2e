/** The peer of `http.operation`, a process of its own: a Fastify route with the same SQL over the same TLS, and nothing else. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import pg from 'pg'
import { tlsSettings } from '../packages/server/src/kernel/http/headers.ts'
import { superuserAt } from './superuser.ts'

const [home = '', orgId = ''] = process.argv.slice(2)
const pool = new pg.Pool({ ...(await superuserAt(home)), max: 20 })

const text = `select id, name, region, plan, is_operator as operator, require_mfa as "requireMfa", created_at as "createdAt",
    (select count(*)::int from membership where org_id = $1) as members
  from org where id = $1`

const https = {
  ...tlsSettings,
  cert: await readFile(join(home, 'app', 'https.pem'), 'utf8'),
  key: await readFile(join(home, 'app', 'https.key'), 'utf8'),
}
const app = Fastify({ https })
app.get('/', async () => {
  const { rows } = await pool.query({ name: 'detail', text, values: [orgId] })
  return rows[0]
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify(app.addresses()[0])}\n`)
process.on('SIGTERM', () => process.exit(0))
