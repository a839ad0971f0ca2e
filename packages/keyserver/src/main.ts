import { readFile } from 'node:fs/promises'
import { destination, pino } from 'pino'
import { ConfigurationError, readConfiguration, type Configuration } from './configuration.ts'
import { ensurePrivateDirectory } from './files.ts'
import { startKeyServer, type TlsFiles } from './index.ts'
import { Locked, lockWorkingDirectory } from './lock.ts'
import { StateTampered } from './state.ts'

/**
 * The key server's process. Prints `{"listening":PORT}` on stdout when ready; logs go to stderr. SIGTERM stops it, SIGHUP reads the certificates
 * again. With `HOLDFAST_KEYSERVER_STOP_WITH_STDIN=1` it also stops when its standard input ends, so that it does not outlive a parent that was killed.
 */

const readTls = async ({ tlsFiles }: Configuration): Promise<TlsFiles> => {
  const [cert, key, ca] = await Promise.all([tlsFiles.cert, tlsFiles.key, tlsFiles.ca].map((path) => readFile(path, 'utf8')))
  return { cert: cert ?? '', key: key ?? '', ca: ca ?? '' }
}

const main = async (): Promise<void> => {
  const configuration = readConfiguration(process.env)
  process.umask(0o077)
  const log = pino({ level: configuration.logLevel, name: 'keyserver' }, destination({ fd: 2, sync: true }))
  await ensurePrivateDirectory(configuration.directory)
  process.chdir(configuration.directory)
  await lockWorkingDirectory()
  const { directory, host, port, clients, rings, graceDays, keys } = configuration
  const server = await startKeyServer({
    directory,
    host,
    port,
    tls: await readTls(configuration),
    clients,
    rings,
    graceDays,
    keys,
    log,
  })
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping')
    void server.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.on('SIGHUP', () => {
    readTls(configuration).then(server.reload, (error: unknown) =>
      log.error({ err: error }, 'could not read the certificates again'),
    )
  })
  if (configuration.stopWithStdin) process.stdin.resume().once('end', () => stop('end of input'))
  process.stdout.write(`${JSON.stringify({ listening: server.port })}\n`)
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigurationError || error instanceof StateTampered || error instanceof Locked
  const { message, stack, code } = error as NodeJS.ErrnoException
  process.stderr.write(`${known || code === 'ENOENT' || code === 'EADDRINUSE' ? message : String(stack)}\n`)
  process.exit(1)
})
