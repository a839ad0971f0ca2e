import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { connectKeyServer } from '@holdfast/keyserver/client'
import { expectFree, freePort } from './platform/free-port.ts'
import { homeAt, makeHome, type Home } from './platform/home.ts'
import { supervise, type Supervised } from './platform/supervise.ts'
import { ensureCertificates, type Certificates } from './start/certificates.ts'
import { fillDemo } from './start/demo.ts'
import { startExampleDatabase } from './start/example-database.ts'
import { prepareDatabase, startDatabase, type RunningDatabase } from './start/database.ts'
import { help, readFlags, type Flags } from './start/flags.ts'
import { makeSetupLink } from './start/setup-link.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const logLine = (line: string): void => void process.stderr.write(`${line}\n`)
const crashed = (name: string) => (code: number | null, signal: string | null) =>
  say(`The ${name} stopped (${signal ?? code}); starting it again.`)

const startKeyServer = (home: Home, certificates: Certificates): Promise<Supervised> =>
  supervise({
    name: 'key server',
    module: fileURLToPath(import.meta.resolve('@holdfast/keyserver/main')),
    portVariable: 'HOLDFAST_KEYSERVER_PORT',
    env: {
      ...process.env,
      HOLDFAST_KEYSERVER_DIR: home.keyServer,
      HOLDFAST_KEYSERVER_PORT: '0',
      HOLDFAST_KEYSERVER_TLS_CERT: certificates.keyServer.certificate,
      HOLDFAST_KEYSERVER_TLS_KEY: certificates.keyServer.key,
      HOLDFAST_KEYSERVER_TLS_CA: home.caFile,
      // Our own scans (D1) are refused every five minutes, which it would warn about.
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
    },
    onLine: logLine,
    onCrash: crashed('key server'),
  })

const startApp = (flags: Flags, home: Home, database: RunningDatabase, keyServerPort: number): Promise<Supervised> => {
  // The administrator's URL ends here: the app never learns it.
  const { HOLDFAST_DATABASE_URL: _, ...environment } = process.env
  return supervise({
    name: 'app',
    module: fileURLToPath(new URL('./main.ts', import.meta.url)),
    portVariable: 'HOLDFAST_PORT',
    env: {
      ...environment,
      HOLDFAST_HOME: home.root,
      HOLDFAST_PORT: String(flags.port),
      HOLDFAST_DEMO: String(flags.demo),
      // The example's own database is on this machine.
      ...(flags.demo && { HOLDFAST_DATABASES_INSIDE: process.env['HOLDFAST_DATABASES_INSIDE'] ?? 'true' }),
      HOLDFAST_DATABASE_HOST: database.admin.host,
      HOLDFAST_DATABASE_PORT: String(database.admin.port),
      HOLDFAST_DATABASE_NAME: database.name,
      ...(database.caFile !== null && { HOLDFAST_DATABASE_CA: database.caFile }),
      HOLDFAST_KEYSERVER_PORT: String(keyServerPort),
      NODE_ENV: 'production',
    },
    onLine: logLine,
    onCrash: crashed('app'),
  })
}

const startExample = (home: Home, certificates: Certificates) =>
  startExampleDatabase(home, certificates, () => crashed('example database')(null, 'ended'))

const connect = async (certificates: Certificates, port: number) =>
  connectKeyServer({
    port,
    ca: certificates.authorityPem,
    cert: await readFile(certificates.client.certificate, 'utf8'),
    key: await readFile(certificates.client.key, 'utf8'),
  })

const greet = (home: Home, url: string, link: string | null, flags: Flags): void => {
  say(`\nHoldfast is running at ${url}`)
  if (link !== null && !flags.demo) say(`Set it up here, once:  ${link}`)
  if (flags.demo) say(`Example: API keys in ${home.demoFile}, the Owner’s sign-in in ${home.demoSignInFile}`)
  say(`Trust page:  ${url}/trust`)
  say(`Its certificate is signed by the local authority in ${home.caFile}; browsers warn until you trust it.`)
  say('Ctrl-C stops everything.')
}

/** What was asked for, the port known: the set-up link, the origin that is checked and the mails' links name it. */
const readAsked = async (): Promise<Flags> => {
  const asked = readFlags(process.argv.slice(2), process.env)
  if (asked.help) return asked
  const { HOLDFAST_HOST: host = '127.0.0.1', HOLDFAST_HTTP_PORT: redirect } = process.env
  if (asked.port !== 0) await expectFree(asked.port, host, '--port or HOLDFAST_PORT')
  if (redirect !== undefined) await expectFree(Number(redirect), host, 'HOLDFAST_HTTP_PORT')
  return { ...asked, port: asked.port === 0 ? await freePort() : asked.port }
}

/** Starts database, key server and app in that order, and stops them in the reverse one. */
const start = async (flags: Flags): Promise<void> => {
  const stops: (() => Promise<void>)[] = []
  let stopping: Promise<void> | null = null
  const stopAll = (): Promise<void> =>
    (stopping ??= (async () => {
      for (const stop of stops.toReversed()) await stop().catch((error: unknown) => logLine(String(error)))
    })())
  const leave = () => void stopAll().then(() => process.exit(0))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave)
  process.on('disconnect', leave) // scripts/start.mjs was killed

  try {
    const home = homeAt(flags.home)
    await makeHome(home)
    const certificates = await ensureCertificates(home)
    const [database, keyServer, example] = await Promise.all([
      startDatabase(home, certificates, process.env, () => crashed('database')(null, 'ended')).then(
        (running) => (stops.unshift(running.stop), running),
      ),
      startKeyServer(home, certificates).then((running) => (stops.push(() => running.stop()), running)),
      flags.demo ? startExample(home, certificates).then((running) => (stops.unshift(running.stop), running)) : null,
    ])
    const keys = await connect(certificates, keyServer.port)
    const applied = await prepareDatabase(home, database, keys)
    keys.close()
    if (applied.length > 0) say(`Database: ${applied.length} migrations applied.`)
    const publicUrl = process.env['HOLDFAST_PUBLIC_URL'] ?? `https://localhost:${flags.port}`
    const link = await makeSetupLink(home, database, publicUrl)
    const app = await startApp(flags, home, database, keyServer.port)
    stops.push(() => app.stop())
    if (example) await fillDemo(home, publicUrl, certificates.authorityPem, link, example, say)
    greet(home, process.env['HOLDFAST_PUBLIC_URL'] ?? `https://localhost:${app.port}`, link, flags)
  } catch (error) {
    await stopAll()
    throw error
  }
}

try {
  const flags = await readAsked()
  if (flags.help) say(help)
  else await start(flags)
} catch (error) {
  logLine(`Holdfast could not start: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
