import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'

/**
 * The socket that the PAM hook and `holdfast agent status` talk to. Whoever can open it is believed, and only root can: its directory is
 * 0700. Requests are fields that end in NUL; the answer is text.
 */
export interface HookServer {
  close(): Promise<void>
}

const maxRequestBytes = 65_536
const patienceMs = 10_000

/** Asks a running agent. Throws when there is none. */
export const askAgent = (socket: string, fields: readonly string[], timeoutMs = patienceMs): Promise<string> =>
  new Promise((resolve, reject) => {
    const connection = connect(socket)
    let answer = ''
    connection.setTimeout(timeoutMs, () => connection.destroy(new Error('the agent does not answer')))
    connection.on('error', reject)
    connection.on('data', (chunk) => (answer += chunk.toString()))
    connection.on('end', () => resolve(answer))
    connection.end(fields.map((field) => `${field}\0`).join(''))
  })

const readRequest = async (connection: Socket): Promise<string[]> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of connection) {
    const buffer = chunk as Buffer
    bytes += buffer.length
    if (bytes > maxRequestBytes) throw new Error('a request that is too long')
    chunks.push(buffer)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (!text.endsWith('\0')) throw new Error('a request that is cut short')
  return text.slice(0, -1).split('\0')
}

const answer = async (connection: Socket, handle: (fields: string[]) => Promise<string>): Promise<void> => {
  connection.setTimeout(patienceMs, () => connection.destroy())
  // A hook that was killed while it asked.
  connection.on('error', () => undefined)
  try {
    connection.end(`${await handle(await readRequest(connection))}\n`)
  } catch {
    // No answer is a refusal.
    connection.destroy()
  }
}

/** Throws when another agent is listening there. */
export const listen = async (socket: string, handle: (fields: string[]) => Promise<string>): Promise<HookServer> => {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
  chmodSync(dirname(socket), 0o700)
  if (existsSync(socket)) {
    const other = await askAgent(socket, ['ping'], 2000).then(
      () => true,
      () => false,
    )
    if (other) throw new Error(`an agent is running already (${socket})`)
    rmSync(socket, { force: true })
  }
  const open = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, (connection) => {
    open.add(connection)
    connection.on('close', () => open.delete(connection))
    void answer(connection, handle)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  chmodSync(socket, 0o600)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of open) connection.destroy()
      }),
  }
}
