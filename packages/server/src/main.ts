import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { connectKeyServer } from '@holdfast/keyserver/client'
import { pino } from 'pino'
import { compose } from './compose.ts'
import { defaultConnectionLimits } from './kernel/http/connections.ts'
import { createKnownCallers } from './kernel/http/known-callers.ts'
import { createLargeBodies } from './kernel/http/large-bodies.ts'
import { createLoadShedding } from './kernel/http/load-shedding.ts'
import { registerPages } from './kernel/http/pages.ts'
import { createRateLimits } from './kernel/http/rate-limit.ts'
import { createHttpServer, createRedirectServer } from './kernel/http/server.ts'
import { withAuthority } from './platform/chain.ts'
import { ratePolicies, readConfiguration } from './platform/configuration.ts'
import { homeAt } from './platform/home.ts'
import { createPool, flushOf, readTenantTables } from './platform/pool.ts'
import { leaveStartGarbage } from './platform/start-garbage.ts'
import { startQueue } from './platform/queue.ts'
import { createInstallation } from './platform/installation.ts'
import { createMailer } from './platform/mailer.ts'
import { openSecrets, readSecretsFile } from './platform/secrets-file.ts'
import { readSetupToken } from './platform/setup-token.ts'
import { createTxtResolver } from './platform/txt-resolver.ts'
import { version } from './platform/version.ts'

const configuration = readConfiguration(process.env)
const home = homeAt(configuration.HOLDFAST_HOME)
const log = pino({ level: configuration.HOLDFAST_LOG_LEVEL, base: null }, pino.destination(2))
const onError = (error: unknown): void => log.error({ err: error }, 'failed outside a request')

const ca = await readFile(home.caFile, 'utf8')
const keyServerAt = { host: configuration.HOLDFAST_KEYSERVER_HOST, port: configuration.HOLDFAST_KEYSERVER_PORT, ca }
const keyServer = connectKeyServer({
  ...keyServerAt,
  cert: await readFile(join(home.app, 'keyserver-client.pem'), 'utf8'),
  key: await readFile(join(home.app, 'keyserver-client.key'), 'utf8'),
})
const ssoCa = configuration.HOLDFAST_SSO_CA
const databaseCa = configuration.HOLDFAST_DATABASE_CA
const poolFor = async (role: 'app' | 'jobs', max: number) =>
  createPool({
    host: configuration.HOLDFAST_DATABASE_HOST,
    port: configuration.HOLDFAST_DATABASE_PORT,
    database: configuration.HOLDFAST_DATABASE_NAME,
    user: `holdfast_${role}`,
    password: async () => (await openSecrets(await readSecretsFile(home.secretsFile), keyServer))[`database-${role}`] ?? '',
    ca: databaseCa === undefined ? null : await readFile(databaseCa, 'utf8'),
    max,
    pipeline: role === 'app',
    onError,
  })
const pool = await poolFor('app', configuration.HOLDFAST_POOL)
const aside = await poolFor('app', 3)
const jobsPool = await poolFor('jobs', 5)
const publicUrl = configuration.HOLDFAST_PUBLIC_URL ?? `https://localhost:${configuration.HOLDFAST_PORT}`

const platform = compose({
  pool,
  aside,
  keyServer,
  publicUrl,
  tenantTables: await readTenantTables(pool),
  flush: await flushOf(aside), // never behind the transactions that wait for it
  setupTokenHash: () => readSetupToken(home.setupTokenFile),
  onError,
  demo: configuration.HOLDFAST_DEMO,
  checkpointDir: home.checkpoints,
  endpoints: [
    { name: 'https', host: '127.0.0.1', port: configuration.HOLDFAST_PORT, ca },
    { name: 'key server', ...keyServerAt },
  ],
  databases: {
    inside: configuration.HOLDFAST_DATABASES_INSIDE,
    own: { host: configuration.HOLDFAST_DATABASE_HOST, port: configuration.HOLDFAST_DATABASE_PORT },
  },
  webhooksInside: configuration.HOLDFAST_WEBHOOKS_INSIDE,
  signOn: {
    allowInside: configuration.HOLDFAST_SSO_INSIDE,
    ca: ssoCa === undefined ? null : [...rootCertificates, await readFile(ssoCa, 'utf8')],
    resolveTxt: createTxtResolver(configuration.HOLDFAST_DNS_SERVERS ?? []),
  },
  installation: createInstallation({ secretsFile: home.secretsFile, keyServer, pools: { app: aside, jobs: jobsPool } }),
  ...(configuration.HOLDFAST_SMTP_URL !== undefined && {
    mailer: createMailer({ url: configuration.HOLDFAST_SMTP_URL, from: configuration.HOLDFAST_MAIL_FROM }),
  }),
})
const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url))
const index = await readFile(join(consoleDir, 'index.html'), 'utf8')
const shedding = createLoadShedding()
const connections = { ...defaultConnectionLimits, perAddress: configuration.HOLDFAST_CONNECTIONS_PER_ADDRESS }
const proxies = configuration.HOLDFAST_TRUST_PROXY ?? []
const app = await createHttpServer({
  path: platform.path,
  handlers: platform.handlers,
  edges: platform.edges,
  limits: createRateLimits(ratePolicies(configuration)),
  ...{ shedding, connections, proxies, known: createKnownCallers(), large: createLargeBodies() },
  authenticate: platform.authenticate,
  publicUrl,
  tls: {
    cert: withAuthority(await readFile(join(home.app, 'https.pem'), 'utf8'), ca),
    key: await readFile(join(home.app, 'https.key'), 'utf8'),
  },
  consoleDir,
  log: (message, detail) => log.error(detail, message),
  pages: (fastify) => {
    registerPages(fastify, { version, health: platform.health })
    platform.registerTrustPages(fastify)
    platform.registerSamlPages(fastify, index)
  },
})
const queue = await startQueue({
  pool: jobsPool,
  ...platform,
  services: platform.path.services,
  log: (message, detail) => log.warn(detail ?? {}, message),
})
await app.listen({ host: configuration.HOLDFAST_HOST, port: configuration.HOLDFAST_PORT })
const redirect = configuration.HOLDFAST_HTTP_PORT === undefined ? null : createRedirectServer({ publicUrl, connections, proxies })
redirect?.listen(configuration.HOLDFAST_HTTP_PORT, configuration.HOLDFAST_HOST)
setTimeout(leaveStartGarbage, 1000).unref()

let stopping = false
/** Requests in work are answered, the rest is stored, then everything closes. */
const stop = async (): Promise<void> => {
  if (stopping) return
  stopping = true
  redirect?.close()
  await app.close()
  await queue.stop()
  await platform.close()
  shedding.stop()
  await Promise.all([pool.end(), aside.end(), jobsPool.end()])
  keyServer.close()
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => void stop().catch((error: unknown) => (onError(error), process.exit(1))))

const address = app.server.address()
process.stdout.write(
  `${JSON.stringify({ listening: typeof address === 'object' && address ? address.port : configuration.HOLDFAST_PORT })}\n`,
)
