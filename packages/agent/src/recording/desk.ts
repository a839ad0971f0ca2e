import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { membersOf } from '../containment.ts'
import type { Layout } from '../paths.ts'
import type { ServerClient } from '../server-client.ts'
import type { LiveSession, Sessions } from '../sessions.ts'
import type { EndReason, OpenedRecording } from '../wire.ts'
import { maxLine, openSpool, type Recording } from './spool.ts'

/**
 * Where recorders come with what they have seen. Only root and the account of the recorder reach the socket, and into that account nobody logs
 * in but to its recorder. A recorder that goes away without having ended its recording takes its whole session along.
 */
export interface Desk {
  /** Why a session ended: what was shown of it is recorded, when it was we who ended it. */
  sessionEnded(id: string, reason: EndReason): void
  close(): Promise<void>
}

const Size = z.number().int().min(1).max(10_000)
const Message = z.union([
  z.object({
    open: z.object({
      pid: z.number().int().min(2),
      kind: z.enum(['terminal', 'command', 'transfer']),
      command: z.string().min(1).max(8000).nullable(),
      columns: Size,
      lines: Size,
    }),
  }),
  z.object({ events: z.string().min(1).max(maxLine) }),
  z.object({ end: z.object({ exitCode: z.number().int().min(0).max(255).nullable() }) }),
])
type Message = z.infer<typeof Message>
type Wanted = Extract<Message, { open: unknown }>['open']

export interface DeskOptions {
  layout: Layout
  /** The recorder's account. */
  login: string
  client: Pick<ServerClient, 'openRecording' | 'appendRecording' | 'endRecording'>
  sessions: Pick<Sessions, 'all' | 'end'>
  /** Resolves once the server knows that a session runs here: for no other it lets a recording begin. */
  told: (session: string) => Promise<void>
  log: (line: string) => void
}

/** The report of a session is on its way when its recorder comes; a server that does not take it lets nobody in either. */
const toldWithinMs = 10_000

const within = <T>(ms: number, work: Promise<T>, otherwise: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(otherwise)), ms)))
  return Promise.race([work, over]).finally(() => clearTimeout(timer))
}

const numberOf = (flag: '-u' | '-g', login: string): number => Number(execFileSync('id', [flag, login], { encoding: 'utf8' }))

/** Nothing of the inner ssh answers to keys that the person types, and nothing is forwarded. */
const configOf = ({ login, address, port, hostKeyAlias }: OpenedRecording, directory: string): string =>
  [
    ...['Host target', `  HostName ${address}`, `  Port ${port}`, `  User ${login}`, `  HostKeyAlias ${hostKeyAlias}`],
    ...[
      `  IdentityFile ${join(directory, 'key')}`,
      `  CertificateFile ${join(directory, 'key-cert.pub')}`,
      '  IdentitiesOnly yes',
    ],
    ...[`  UserKnownHostsFile ${join(directory, 'known_hosts')}`, '  GlobalKnownHostsFile none', '  StrictHostKeyChecking yes'],
    ...[
      '  IdentityAgent none',
      '  CheckHostIP no',
      '  UpdateHostKeys no',
      '  PreferredAuthentications publickey',
      '  BatchMode yes',
    ],
    ...['  EscapeChar none', '  PermitLocalCommand no', '  ClearAllForwardings yes', '  ForwardAgent no', '  ForwardX11 no'],
    ...['  ControlMaster no', '  ControlPath none', '  CanonicalizeHostname no', '  LogLevel ERROR', ''],
  ].join('\n')

export const openDesk = async ({ layout, login, client, sessions, told, log }: DeskOptions): Promise<Desk> => {
  const [uid, gid] = [numberOf('-u', login), numberOf('-g', login)]
  const home = dirname(layout.recorderSocket)
  // Keys of recorders that an earlier agent had.
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true, mode: 0o750 })
  chmodSync(home, 0o750)
  chownSync(home, 0, gid)
  const spool = openSpool(layout.recordings, { client, log })
  spool.resume()
  const reasons = new Map<string, EndReason>()
  const connections = new Set<Socket>()
  const serving = new Set<Promise<void>>()

  /** A key that lives as long as the recorder, and a certificate for it: both in a directory that only its account reads. */
  const prepare = async (session: LiveSession, { kind, command, columns, lines }: Wanted) => {
    const directory = join(home, `${session.id}-${process.hrtime.bigint()}`)
    mkdirSync(directory, { mode: 0o700 })
    const at = (name: string) => join(directory, name)
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'recorder', '-f', at('key')])
      const publicKey = readFileSync(at('key.pub'), 'utf8').trim()
      const facts = { kind, command, columns, lines, publicKey }
      await within(toldWithinMs, told(session.id), 'the server has not heard of this session')
      const opened = await client.openRecording({ grantId: session.grantId, sessionId: session.id, ...facts })
      writeFileSync(at('key-cert.pub'), `${opened.certificate}\n`)
      writeFileSync(at('known_hosts'), `${opened.knownHosts.join('\n')}\n`)
      writeFileSync(at('config'), configOf(opened, directory))
      for (const path of [directory, ...['key', 'key-cert.pub', 'known_hosts', 'config'].map(at)]) chownSync(path, uid, gid)
      return { id: opened.id, directory, config: at('config') }
    } catch (error) {
      rmSync(directory, { recursive: true, force: true })
      throw error
    }
  }

  const serve = async (connection: Socket): Promise<void> => {
    const answer = (value: unknown) => void connection.write(`${JSON.stringify(value)}\n`)
    let held: { session: LiveSession; recording: Recording; directory: string } | null = null
    let ended = false
    const lines = createInterface({ input: connection })
    // One that we cut has no end of its own, and would be waited for when the agent stops.
    connection.once('close', () => lines.close())
    const open = async (wanted: Wanted): Promise<void> => {
      const session = sessions.all().find((each) => membersOf(each).includes(wanted.pid))
      if (held || !session) throw new Error('of no session that runs here')
      const { id, directory, config } = await prepare(session, wanted)
      const recording = spool.begin(id, () => connection.destroy())
      held = { session, recording, directory }
      answer({ opened: { config } })
    }
    try {
      for await (const line of lines) {
        const message = Message.parse(JSON.parse(line))
        if ('open' in message) await open(message.open)
        else if (!held) throw new Error('nothing is open')
        else if ('events' in message) {
          await (held as { recording: Recording }).recording.write(message.events)
          answer({ kept: true })
        } else {
          await (held as { recording: Recording }).recording.end({ outcome: 'complete', exitCode: message.end.exitCode })
          ended = true
          answer({ ended: true })
        }
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'failed'
      log(`recorder: ${reason}`)
      answer({ refused: reason.slice(0, 300) })
    } finally {
      connection.end()
      if (held) await leave(held, ended)
    }
  }
  const leave = async (
    { session, recording, directory }: { session: LiveSession; recording: Recording; directory: string },
    ended: boolean,
  ) => {
    rmSync(directory, { recursive: true, force: true })
    if (ended) return
    const end = await sessions.end(session.id, 'refused', null)
    const reason = end?.reason ?? reasons.get(session.id)
    const outcome = reason === 'expired' || reason === 'revoked' ? 'complete' : 'cut_off'
    await recording.end({ outcome, exitCode: null }).catch((error: unknown) => log(`recording ${recording.id}: ${String(error)}`))
  }

  const server = createServer((connection) => {
    connections.add(connection)
    connection.on('error', () => undefined)
    connection.on('close', () => connections.delete(connection))
    const work = serve(connection)
      .catch((error: unknown) => log(`recorder: ${String(error)}`))
      .finally(() => serving.delete(work))
    serving.add(work)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(layout.recorderSocket, resolve)
  })
  chmodSync(layout.recorderSocket, 0o660)
  chownSync(layout.recorderSocket, 0, gid)
  return {
    sessionEnded(id, reason) {
      reasons.set(id, reason)
      const oldest = reasons.size > 1000 ? reasons.keys().next().value : undefined
      if (oldest !== undefined) reasons.delete(oldest)
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.destroy()
      await closed
      await Promise.all(serving)
      await spool.stop()
    },
  }
}
