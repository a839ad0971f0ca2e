/**
 * PostgreSQL 18 inside our own directory, for `npm start` and tests. Production names its server by HOLDFAST_DATABASE_URL instead; nothing
 * but the bootstrap tells the two apart.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { choosePlace, reachableBinaries, serverAccount, type Account, type Binaries } from './postgres-binaries.ts'

export interface EmbeddedPostgresOptions {
  /** Holds `data/`, the socket and the server's copy of the certificate. Its parent gets postgres.json and postgres.password. */
  readonly directory: string
  /** Paths of PEM files; the server gets its own copy. Without them connections are not encrypted. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Extra server settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  readonly log?: (line: string) => void
}

export interface EmbeddedPostgres {
  readonly host: '127.0.0.1'
  readonly port: number
  /** The superuser, for the bootstrap only; its password is random and kept in a file only we can read. */
  readonly superuser: string
  readonly password: string
  readonly pid: number
  /** When it has ended, however that came about. */
  readonly ended: Promise<void>
  /** Fast shutdown: open transactions roll back, everything committed is on disk. */
  stop(): Promise<void>
}

/** What survives between two starts. `place` differs from the directory when the server's account cannot enter it. */
interface Memory {
  port: number
  place: string
  starter: number
}

const SUPERUSER = 'holdfast_root'

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  max_connections: '120',
  shared_buffers: '128MB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  jit: 'off', // short statements only: compiling them costs more than it saves
  idle_in_transaction_session_timeout: '60s',
  // Logs carry no values: no statement text, no parameters, no "Key (…)=(…)" details.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  logging_collector: 'off',
}

/** Starts the server, making its data directory on the first call. Throws when it is running already or cannot start. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined)
  const directory = resolve(options.directory)
  const memoryFile = join(dirname(directory), 'postgres.json')
  const account = serverAccount()
  const before = existsSync(memoryFile) ? (JSON.parse(readFileSync(memoryFile, 'utf8')) as Memory) : undefined
  const place = before?.place ?? choosePlace(directory, account)
  const binaries = reachableBinaries(account)
  const data = join(place, 'data')
  if (!before && place !== directory && existsSync(place)) renameSync(place, `${place}.${Date.now()}`) // of a home that was removed
  ownDirectory(place, account)
  const password = superuserPassword(dirname(directory))
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(binaries, data, password, account)
  else await endLeftOver(binaries, data, before?.starter, account)
  writeAccess(data, options.tls, account)

  const port = await freePort(before?.port)
  writeFileSync(memoryFile, JSON.stringify({ port, place, starter: process.pid } satisfies Memory) + '\n')
  const flags = {
    ...SETTINGS,
    ...tlsSettings(options.tls),
    ...options.settings,
    port: String(port),
    unix_socket_directories: socketDirectory(place),
  }
  const args = ['-D', data, ...Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const server = await startWithRetries(binaries.postgres, args, account, log)
  const ended = new Promise<void>((done) => void server.once('exit', () => done()))
  const reach = { host: '127.0.0.1', port, superuser: SUPERUSER, password } as const
  return { ...reach, pid: server.pid ?? 0, ended, stop: () => stopServer(server) }
}

function ownDirectory(path: string, account: Account | null): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o700)
  if (account) chownSync(path, account.uid, account.gid)
}

function superuserPassword(home: string): string {
  const file = join(home, 'postgres.password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  return readFileSync(file, 'utf8').trim()
}

/** A Unix socket's path holds 107 bytes; deeper homes do without one. */
function socketDirectory(place: string): string {
  return Buffer.byteLength(join(place, '.s.PGSQL.65535.lock')) <= 107 ? place : ''
}

async function initialise(binaries: Binaries, data: string, password: string, account: Account | null): Promise<void> {
  rmSync(data, { recursive: true, force: true }) // what an interrupted initdb left: PG_VERSION is written last but one
  const passwordFile = `${data}.password`
  writeFileSync(passwordFile, password + '\n', { mode: 0o600 })
  if (account) chownSync(passwordFile, account.uid, account.gid)
  const args = ['-D', data, '-U', SUPERUSER, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8']
  try {
    await run(
      binaries.initdb,
      [...args, '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
      account,
    )
  } finally {
    rmSync(passwordFile)
  }
}

/** A server whose starter was killed lives on without it: end it. One whose starter is alive is somebody's: refuse. */
async function endLeftOver(
  binaries: Binaries,
  data: string,
  starter: number | undefined,
  account: Account | null,
): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  const inUse = starter !== undefined && isAlive(starter)
  for (let attempt = 1; isAlive(postmaster); attempt++) {
    if (!inUse) break
    if (attempt === 5) throw new Error(`PostgreSQL in ${data} is already in use by process ${starter}`)
    await sleep(200) // a server that was just killed
  }
  if (!isAlive(postmaster)) return
  await run(binaries.pgCtl, ['stop', '-D', data, '-m', 'fast', '-t', '20'], account).catch(() => undefined)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Who may connect: only with a password, over TLS where there is a certificate. The key must belong to the server's account. */
function writeAccess(data: string, tls: EmbeddedPostgresOptions['tls'], account: Account | null): void {
  const files = [join(data, 'pg_hba.conf')]
  writeFileSync(files[0] ?? '', `local all all scram-sha-256\n${tls ? 'hostssl' : 'host'} all all 127.0.0.1/32 scram-sha-256\n`, {
    mode: 0o600,
  })
  if (tls) {
    copyFileSync(tls.cert, join(data, 'server.crt'))
    copyFileSync(tls.key, join(data, 'server.key'))
    files.push(join(data, 'server.crt'), join(data, 'server.key'))
  }
  for (const file of files) {
    chmodSync(file, 0o600)
    if (account) chownSync(file, account.uid, account.gid)
  }
}

const tlsSettings = (tls: EmbeddedPostgresOptions['tls']): Record<string, string> =>
  tls ? { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key', ssl_min_protocol_version: 'TLSv1.2' } : {}

/** After a kill −9 the shared memory of the dead server may outlive it for a moment: five tries, 300 ms apart. */
async function startWithRetries(
  program: string,
  args: string[],
  account: Account | null,
  log: (line: string) => void,
): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(program, args, account, log)
    } catch (error) {
      if (attempt === 5) throw error
      await sleep(300)
    }
  }
}

/** Resolves when the server takes connections. It is detached: Ctrl-C reaches the starter, which stops the server last. */
function startOnce(program: string, args: string[], account: Account | null, log: (line: string) => void): Promise<ChildProcess> {
  return new Promise((done, fail) => {
    const server = spawn(program, args, {
      ...account,
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    })
    let output = ''
    server.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-4000)
      for (const line of chunk.split('\n')) if (line) log(line)
      if (chunk.includes('ready to accept connections')) done(server)
    })
    server.once('error', fail)
    server.once('exit', (code) => fail(new Error(`PostgreSQL ended with code ${code ?? 'none'}: ${output.trim()}`)))
  })
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise<void>((done) => void server.once('exit', () => done()))
  server.kill('SIGINT') // fast shutdown
  const late = setTimeout(() => server.kill('SIGQUIT'), 15_000) // immediate shutdown: recovers at the next start
  await ended
  clearTimeout(late)
}

function run(program: string, args: string[], account: Account | null): Promise<void> {
  return new Promise((done, fail) => {
    execFile(program, args, { ...account, cwd: '/', env: { PATH: process.env['PATH'] } }, (error, _out, stderr) => {
      if (error) fail(new Error(`${program} failed: ${stderr.trim()}`, { cause: error }))
      else done()
    })
  })
}
