import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { Problem, problemFields } from './problem.ts'
import { maxBodyBytes } from './requests.ts'
import type { Services } from './route.ts'
import { routes } from './routes.ts'

export interface TlsFiles {
  /** PEM */
  cert: string
  key: string
  /** The only authority whose client certificates are accepted. */
  ca: string
}

export interface ServerOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  tls: TlsFiles
  /** Common names of the clients that may call. */
  clients: readonly string[]
  services: Services
  log: Logger
}

export interface RunningServer {
  port: number
  /** Uses a renewed certificate for the connections to come. */
  reload(tls: TlsFiles): void
  /** Finishes the requests under way, at most for five seconds. */
  close(): Promise<void>
}

const secureContext = ({ cert, key, ca }: TlsFiles) => ({
  cert,
  key,
  ca,
  minVersion: 'TLSv1.3' as const,
  // A resumed session would skip the look at the client's certificate; connections are kept alive, so nothing is lost.
  secureOptions: constants.SSL_OP_NO_TICKET,
})

/** Who is at the other end stays the same for as long as a connection lives (no certificate is asked for later), and reading it is half of a short call. */
const names = new WeakMap<TLSSocket, string | null>()
const clientName = (request: IncomingMessage): string | null => {
  const socket = request.socket as TLSSocket
  const known = names.get(socket)
  if (known !== undefined) return known
  const said: unknown = socket.authorized ? socket.getPeerCertificate().subject?.CN : null
  const name = typeof said === 'string' ? said : null
  names.set(socket, name)
  return name
}

/** Reads a JSON body within the limit. Never puts any of it into an error: it may be a secret. */
const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new Problem('not_json', 'send application/json')
  const tooLarge = () => new Problem('body_too_large', `a body has at most ${maxBodyBytes} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  // Left open when it is too large, so that the refusal can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new Problem('malformed_request', 'the body is not JSON')
  } finally {
    bytes.fill(0)
  }
}

const findRoute = (method: string, path: string) => {
  const matching = routes.flatMap((route) => {
    const match = route.path.exec(path)
    return match ? [{ route, parameters: match.slice(1) }] : []
  })
  if (matching.length === 0) throw new Problem('route_unknown', 'there is nothing at this path')
  const found = matching.find(({ route }) => route.method === method)
  if (!found) throw new Problem('method_not_allowed', `this path does not answer ${method}`)
  return found
}

const asProblem = (error: unknown, log: Logger): Problem => {
  if (error instanceof Problem) {
    if (error.status >= 500) log.error({ code: error.code, cause: String(error.cause) }, 'cannot answer')
    return error
  }
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET')
    return new Problem('malformed_request', 'the client hung up', {}, { cause: error })
  log.error({ err: error }, 'unexpected error')
  return new Problem('internal', 'something went wrong here; the log of the key server says what')
}

const answer = (response: ServerResponse, status: number, type: string, body: string) => {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' })
  response.end(body)
}

const handler =
  ({ clients, services, log }: ServerOptions) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = performance.now()
    const client = clientName(request)
    let name = 'unknown'
    let status = 200
    let code: string | undefined
    try {
      if (client === null || !clients.includes(client)) {
        throw new Problem('client_not_allowed', 'this client certificate is not on the list of those that may call')
      }
      const { route, parameters } = findRoute(request.method ?? '', request.url ?? '')
      name = route.name
      const body = request.method === 'POST' ? await readBody(request) : undefined
      const result = await route.handle(services, body, parameters)
      answer(response, 200, 'application/json', JSON.stringify(result))
    } catch (error) {
      const problem = asProblem(error, log)
      status = problem.status
      code = problem.code
      // What is left of the body is not read: the connection cannot be used again.
      if (!request.complete) response.setHeader('connection', 'close')
      answer(response, status, 'application/problem+json', JSON.stringify(problemFields(problem)))
    }
    const line = {
      client,
      method: request.method,
      route: name,
      status,
      code,
      ms: Math.round((performance.now() - startedAt) * 10) / 10,
    }
    if (name === '/healthz') log.debug(line, 'request')
    else log.info(line, 'request')
  }

const listen = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

/** HTTPS with TLS 1.3 only; a client without a certificate of the authority does not get past the handshake. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { log } = options
  const handle = handler(options)
  const server = createServer({
    ...secureContext(options.tls),
    requestCert: true,
    rejectUnauthorized: true,
    maxHeaderSize: 8192,
    handshakeTimeout: 5_000,
    connectionsCheckingInterval: 2_000,
  })
  server.headersTimeout = 5_000
  server.requestTimeout = 15_000
  server.keepAliveTimeout = 60_000
  // Far more than clients need, so that connections that say nothing, gone after the handshake's timeout, keep nobody out.
  server.maxConnections = 1024
  server.on('request', (request, response) => void handle(request, response))
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    log.warn({ code: error.code, from: socket.remoteAddress }, 'TLS handshake refused')
  })
  const port = await listen(server, options.host, options.port)
  return {
    port,
    reload: (tls) => server.setSecureContext(secureContext(tls)),
    close: () =>
      new Promise((resolve) => {
        const impatience = setTimeout(() => server.closeAllConnections(), 5_000)
        server.close(() => {
          clearTimeout(impatience)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
