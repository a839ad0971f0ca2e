/** An installation as `npm start` runs it, in a home of its own. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import https from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createApiKey } from '@holdfast/crypto'
import pg from 'pg'
import { newId } from '../packages/server/src/kernel/identifier.ts'
import { stoppable } from './leaving.ts'
import { superuserAt } from './superuser.ts'

export interface Installation {
  readonly home: string
  readonly url: string
  readonly ca: string
  /** Starts it and resolves, with the seconds that took, when `/healthz` answers 200. */
  start(): Promise<number>
  stop(): Promise<void>
  /** Sets it up; an API key of its Owner. */
  found(): Promise<{ orgId: string; personId: string; key: string }>
  /** Megabytes (10⁶ bytes) of the app process that are resident, and the seconds of processor that it has taken. */
  appTakes(): Promise<{ residentMegabytes: number; processorSeconds: number }>
  remove(): Promise<void>
}

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

// The load comes from one address, with one key.
const quota = { quota: 100_000_000, windowSeconds: 60 }
const limits = JSON.stringify({ address: quota, principal: quota, organisation: quota, secret: quota, heavy: quota })

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const request = (url: string, ca: string, body?: object): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', origin: new URL(url).origin }
    const sent = https.request(url, { ca, headers, method: body ? 'POST' : 'GET', agent: false }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject)
    })
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })

const healthy = async (home: string, url: string): Promise<boolean> => {
  try {
    return (await request(`${url}/healthz`, await readFile(join(home, 'ca.pem'), 'utf8'))).status === 200
  } catch {
    return false
  }
}

/** A key is made in the console by somebody with a second factor; here it is put into the database, with its entry. */
const insertKey = async (home: string, orgId: string, personId: string): Promise<string> => {
  const id = newId('ak')
  const { key, secretHash } = createApiKey(id)
  const client = new pg.Client(await superuserAt(home))
  await client.connect()
  try {
    await client.query('begin')
    await client.query('select enter($1, $2, true)', [orgId, personId])
    const columns = 'org_id, id, name, secret_hash, role, created_by'
    await client.query(`insert into api_key (${columns}) values ($1, $2, 'bench', $3, 'owner', $4)`, [
      orgId,
      id,
      secretHash,
      personId,
    ])
    await client.query('select ledger_append($1)', [JSON.stringify({ action: 'api_key.arranged', id: newId('le') })])
    await client.query('commit')
  } finally {
    await client.end()
  }
  return key
}

/** Of the process below `ancestor` whose command line has `module`. */
const takenBy = async (ancestor: number, module: string): ReturnType<Installation['appTakes']> => {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,rss=,args='])
  const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  const family = new Set([String(ancestor)])
  for (let grown = true; grown;) {
    const children = processes.filter(([pid = '', ppid = '']) => family.has(ppid) && !family.has(pid))
    for (const [pid = ''] of children) family.add(pid)
    grown = children.length > 0
  }
  const found = processes.find(([pid = '', , , ...args]) => family.has(pid) && args.at(-1)?.endsWith(module))
  if (!found) throw new Error(`no process ${module}`)
  // proc_pid_stat(5), fields 14 and 15 in hundredths of a second; the name before them ends with the last parenthesis.
  const [user, system] = (await readFile(`/proc/${found[0]}/stat`, 'latin1'))
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13)
  return { residentMegabytes: (Number(found[2]) * 1024) / 1e6, processorSeconds: (Number(user) + Number(system)) / 100 }
}

/** `settings`: of the server; without them it does not limit its callers. */
export const makeInstallation = async (
  settings: Readonly<Record<string, string>> = { HOLDFAST_RATE_LIMITS: limits },
): Promise<Installation> => {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-bench-system-'))
  await chmod(home, 0o711) // where we are root, the database is another user's and must get in
  const port = await freePort()
  const url = `https://localhost:${port}`
  let child: ReturnType<typeof spawn> | null = null
  let output = ''

  const start = async (): Promise<number> => {
    const began = performance.now()
    const env = { ...process.env, ...settings }
    const started = spawn('npm', ['start', '--silent', '--', '--home', home, '--port', String(port)], {
      cwd: root,
      env,
      stdio: 'pipe',
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
    while (!(await healthy(home, url))) {
      if (started.exitCode !== null || performance.now() - began > 60_000) throw new Error(`it did not start:\n${output}`)
      await pause(20)
    }
    return (performance.now() - began) / 1000
  }
  const stop = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  return {
    ...{ home, url, start, stop },
    get ca() {
      return join(home, 'ca.pem')
    },
    found: async () => {
      while (!output.includes('/setup#')) await pause(20)
      const token = /\/setup#(\S+)/.exec(output)?.[1]
      const password = 'seven lanterns under the bridge'
      const body = { token, organisation: 'Bench Ltd', name: 'Olga Owner', email: 'olga@example.test', password }
      const answer = await request(`${url}/api/v1/setup`, await readFile(join(home, 'ca.pem'), 'utf8'), body)
      if (answer.status !== 200) throw new Error(`set-up answered ${answer.status}: ${answer.text}`)
      const { orgId, personId } = JSON.parse(answer.text) as { orgId: string; personId: string }
      return { orgId, personId, key: await insertKey(home, orgId, personId) }
    },
    appTakes: () => takenBy(child?.pid ?? 0, '/server/src/main.ts'),
    remove: stoppable(async () => {
      await stop()
      await rm(home, { recursive: true, force: true })
    }),
  }
}
