/** The whole system as a user starts it: `start.ts` in a home of its own. For end-to-end tests; takes some five seconds. */
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

export interface RunningSystem {
  url: string
  home: string
  /** PEM of the local authority, and the file it is in. */
  ca: string
  caFile: string
  /** The one-time set-up link; null when the installation is set up (or a demo). */
  setupLink: string | null
  /** What was printed so far. */
  output: () => string
  /** As the database's superuser: for arranging, and for tampering. The caller ends it. */
  database: () => Promise<pg.Client>
  /** Starts again on the same home and port after `stop`. */
  restart: () => Promise<RunningSystem>
  /** Stops the system; keeps its home. */
  stop: () => Promise<void>
  /** Stops the system and removes its home. */
  remove: () => Promise<void>
}

export interface SystemOptions {
  args?: string[]
  env?: Record<string, string>
  home?: string
  port?: number
}

const startModule = fileURLToPath(new URL('../src/start.ts', import.meta.url))

/** Tests come from one address and are in a hurry. */
const generousLimits = JSON.stringify({
  address: { quota: 100_000, windowSeconds: 60 },
  principal: { quota: 100_000, windowSeconds: 60 },
  organisation: { quota: 100_000, windowSeconds: 60 },
  secret: { quota: 10_000, windowSeconds: 60 },
  discovery: { quota: 10_000, windowSeconds: 60 },
  heavy: { quota: 1_000, windowSeconds: 60 },
})

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const databaseOf = async (home: string, ca: string): Promise<pg.Client> => {
  const { port } = JSON.parse(await readFile(join(home, 'postgres.json'), 'utf8')) as { port: number }
  const password = (await readFile(join(home, 'postgres.password'), 'utf8')).trim()
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'holdfast_root', password, database: 'holdfast', ssl: { ca } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Starts the system and waits until it says where to click. Rejects with its output when it does not. */
export const startSystem = async (options: SystemOptions = {}): Promise<RunningSystem> => {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'holdfast-system-')))
  await chmod(home, 0o711) // as root PostgreSQL runs under another account, which must get through to its own folder
  const port = options.port ?? (await freePort())
  const child = spawn(process.execPath, [startModule, '--home', home, '--port', String(port), ...(options.args ?? [])], {
    env: { ...process.env, HOLDFAST_RATE_LIMITS: generousLimits, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    const note = (chunk: Buffer): void => {
      output += chunk.toString()
      if (output.includes('Ctrl-C stops everything')) resolve()
    }
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    void gone.then(() => reject(new Error(`the system did not start:\n${output}`)))
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
    await gone
  }
  const caFile = join(home, 'ca.pem')
  const ca = await readFile(caFile, 'utf8')
  return {
    url: `https://localhost:${port}`,
    ...{ home, ca, caFile, stop },
    setupLink: /https:\S+\/setup#\S+/.exec(output)?.[0] ?? null,
    output: () => output,
    database: () => databaseOf(home, ca),
    restart: async () => {
      await stop()
      return startSystem({ ...options, home, port })
    },
    remove: async () => {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
