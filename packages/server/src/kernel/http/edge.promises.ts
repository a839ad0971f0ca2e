import { connect, type SecureVersion } from 'node:tls'
import { request } from 'node:https'
import { keeps, type PromiseCheck } from '../promise.ts'
import type { JobContext } from '../job.ts'
import { readIn } from '../unit.ts'

/** A TLS listener of ours. */
export interface Endpoint {
  name: string
  host: string
  port: number
  /** PEM of the authority that signs its certificate; null: the system's. */
  ca: string | null
}

const handshake = (
  endpoint: Endpoint,
  version: SecureVersion,
  ciphers?: string,
): Promise<{ cipher: string; protocol: string } | null> =>
  new Promise((resolve) => {
    const socket = connect({
      host: endpoint.host,
      port: endpoint.port,
      servername: 'localhost',
      ...(endpoint.ca !== null && { ca: endpoint.ca }),
      minVersion: version,
      maxVersion: version,
      ...(ciphers !== undefined && { ciphers }),
      timeout: 3_000,
    })
    const end = (result: { cipher: string; protocol: string } | null): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('secureConnect', () => end({ cipher: socket.getCipher().name, protocol: socket.getProtocol() ?? '' }))
    socket.once('error', () => end(null))
    socket.once('timeout', () => end(null))
  })

/** OpenSSL's security level 0, so that it is the server that refuses, not our own client. */
const anyCipher = 'ALL:COMPLEMENTOFALL@SECLEVEL=0'
const weakCiphers = 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:DES-CBC3-SHA@SECLEVEL=0'

const weaknessesOf = async (endpoint: Endpoint): Promise<string[]> => {
  const old = await Promise.all(
    (['TLSv1', 'TLSv1.1'] as const).map(async (version) => ((await handshake(endpoint, version, anyCipher)) ? version : null)),
  )
  const weak = await handshake(endpoint, 'TLSv1.2', weakCiphers)
  const modern = await handshake(endpoint, 'TLSv1.3')
  return [
    ...old.filter((version) => version !== null).map((version) => `${endpoint.name} accepts ${version}`),
    ...(weak ? [`${endpoint.name} accepts ${weak.cipher}`] : []),
    ...(modern ? [] : [`${endpoint.name} does not speak TLS 1.3`]),
  ]
}

const headersOf = (endpoint: Endpoint, path: string): Promise<Record<string, string>> =>
  new Promise((resolve, reject) => {
    const { host, port, ca } = endpoint
    const asked = request(
      { host, port, path, servername: 'localhost', timeout: 3_000, agent: false, ...(ca !== null && { ca }) },
      (response) => {
        response.resume()
        resolve(Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])))
      },
    )
    asked.once('error', reject)
    asked.once('timeout', () => asked.destroy(new Error('timed out')))
    asked.end()
  })

const databaseTls = async ({ services, orgId }: JobContext): Promise<string | null> => {
  const { rows } = await readIn(services.ground, orgId, null, ({ transaction }) =>
    transaction.query('select version from pg_stat_ssl where pid = pg_backend_pid() and ssl', []),
  )
  const version = rows[0]?.['version']
  return typeof version === 'string' ? version : null
}

/** Scans our own listeners as an outsider would; the same handshakes that testssl.sh grades. */
const everythingIsTls = keeps('D1', async (context) => {
  const { endpoints } = context.services
  const https = endpoints.find(({ name }) => name === 'https')
  if (!https) return { kept: false, proof: 'No HTTPS listener is known to this process.' }
  const weaknesses = (await Promise.all(endpoints.map(weaknessesOf))).flat()
  const hsts = (await headersOf(https, '/healthz'))['strict-transport-security'] ?? ''
  const database = await databaseTls(context)
  const wrong = [
    ...weaknesses,
    ...(/max-age=\d{8,}.*preload/.test(hsts) ? [] : ['HSTS is missing']),
    ...(database === null ? ['the database connection is not encrypted'] : []),
  ]
  return {
    kept: wrong.length === 0,
    proof:
      wrong.length === 0
        ? `Scanned just now: ${endpoints.map(({ name }) => name).join(' and ')} speak TLS 1.3, refuse TLS 1.0, 1.1 and every suite without forward secrecy; the database connection uses ${database}; HSTS with preload is set.`
        : `Found: ${wrong.join('; ')}.`,
  }
})

const floodsAreShed = keeps('O11', async ({ services }) => {
  const https = services.endpoints.find(({ name }) => name === 'https')
  const limited = https ? (await headersOf(https, '/api/v1/setup'))['holdfast-request-id'] !== undefined : false
  return {
    kept: false,
    proof: `The application’s side is in place (limits by connection, address, principal and organisation, and load shedding${limited ? '' : ', though its listener did not answer'}); the edge configuration in the infrastructure code is not built yet.`,
  }
})

export const edgePromises: readonly PromiseCheck[] = [everythingIsTls, floodsAreShed]
