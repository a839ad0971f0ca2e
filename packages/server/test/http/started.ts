/** A started system with an Owner in it, and requests as they stand on the wire, for tests of the edge. */
import { setTimeout as sleep } from 'node:timers/promises'
import { request, type Agent, type RequestOptions } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import type pg from 'pg'
import { startSystem, type RunningSystem } from '../system.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface Asked {
  headers?: Record<string, string | string[]>
  /** A string or bytes go out as they are, anything else as JSON. */
  body?: unknown
}

export type Ask = (method: string, path: string, asked?: Asked) => Promise<Answer>

/** Neither the path nor the headers are tidied up on the way, as `fetch` would. */
export const createAsk =
  (url: string, ca: string, agent: Agent | false = false): Ask =>
  (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const payload =
        body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
      const { hostname, port } = new URL(url)
      const length = payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }
      const options: RequestOptions = { hostname, port, ca, method, path, agent, headers: { ...length, ...headers } }
      const sent = request(options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(payload)
    })

export interface Started {
  system: RunningSystem
  ask: Ask
  /** Headers of the Owner's browser, whose second factor was just confirmed; and of a key of theirs. */
  browser: Record<string, string>
  key: Record<string, string>
  /** `Set-Cookie` of the sign-in. */
  setCookies: string[]
  database: pg.Client
  stop: () => Promise<void>
}

export const owner = { name: 'Olga Owner', email: 'olga@example.test', password: 'seven lanterns under the bridge' }

const cookiesOf = (setCookies: readonly string[]): string => setCookies.map((cookie) => cookie.split(';', 1)[0]).join('; ')

/** Starts, sets up by the link, signs in, enrols an authenticator app and makes an API key. */
export const startWithOwner = async (env: Record<string, string> = {}): Promise<Started> => {
  const system = await startSystem({ env })
  const ask = createAsk(system.url, system.ca)
  const plain = { origin: system.url, 'content-type': 'application/json' }
  const patience = Date.now() + 60_000
  const post = async (path: string, body: unknown, cookie?: string): Promise<Answer> => {
    const answer = await ask('POST', `/api/v1${path}`, { headers: { ...plain, ...(cookie !== undefined && { cookie }) }, body })
    // A server that has just started on a busy machine sends strangers away for a moment, and says for how long.
    const later = Number(answer.headers['retry-after'] ?? 1)
    if (answer.status === 503 && Date.now() < patience) return sleep(later * 1_000).then(() => post(path, body, cookie))
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer
  }
  await post('/setup', { token: system.setupLink?.split('#')[1], organisation: 'Northwind Hosting', ...owner })
  const setCookies = (await post('/session/sign-in', owner)).headers['set-cookie'] ?? []
  let cookie = cookiesOf(setCookies)
  const { id, secret } = JSON.parse((await post('/factors/totp', { label: 'Phone' }, cookie)).text) as Record<string, string>
  const bytes = fromBase32(secret ?? '')
  if (!bytes) throw new Error('the server gave no base32 secret')
  const confirmed = await post(`/factors/totp/${id}/confirm`, { code: totpAt(bytes, totpStep(Date.now())) }, cookie)
  cookie = cookiesOf(confirmed.headers['set-cookie'] ?? setCookies)
  const made = await post('/api-keys', { name: 'Tests', role: 'owner' }, cookie)
  const database = await system.database()
  return {
    ...{ system, ask, setCookies, database },
    browser: { ...plain, cookie },
    key: { 'content-type': 'application/json', authorization: `Bearer ${(JSON.parse(made.text) as { key: string }).key}` },
    stop: async () => {
      await database.end()
      await system.remove()
    },
  }
}

const tables = [
  ...['api_key', 'idempotency', 'invitation', 'mail', 'membership', 'org', 'password_reset', 'person', 'policy'],
  ...['passkey', 'policy_version', 'recovery_code', 'session', 'totp_factor', 'witness'],
]

/** How much is stored: rows of each table that people write to, and entries of the ledger that are not the platform's own. */
export const storedIn = async (database: pg.Client): Promise<Record<string, number>> => {
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`)
  const entries = `(select count(*)::int from ledger where body::jsonb->'actor'->>'type' <> 'system') as entries`
  const { rows } = await database.query<Record<string, number>>(`select ${[...counts, entries].join(', ')}`)
  return rows[0] ?? {}
}
