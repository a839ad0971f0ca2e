import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { CommonCode } from '@holdfast/contract'
import fastifyStatic from '@fastify/static'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { newId } from '../identifier.ts'
import { networksIn, placeOf } from '../network.ts'
import { common, problemBody } from '../problem.ts'
import { limitConnections, type ConnectionLimits } from './connections.ts'
import type { Edge } from './edge.ts'
import { ofFramework, registerErrors, sendProblem } from './errors.ts'
import { securityHeaders, tlsSettings } from './headers.ts'
import { registerJson } from './json.ts'
import { remembering, type KnownCallers } from './known-callers.ts'
import type { LoadShedding } from './load-shedding.ts'
import { watchMethods } from './methods.ts'
import { registerMetrics } from './metrics.ts'
import { rateHeaders, rateProblem } from './rate-limit.ts'
import { registerRoutes, type RouteOptions } from './routes.ts'
import { refuseAmbiguous } from './unambiguous.ts'

export interface HttpOptions extends Omit<RouteOptions, 'vouch'> {
  tls: { cert: string; key: string }
  shedding: LoadShedding
  connections: ConnectionLimits
  /** Folder of the built console, with `index.html`. */
  consoleDir: string
  /** Addresses or networks of proxies: their X-Forwarded-For is believed, their connections are not limited. */
  proxies: readonly string[]
  log: (message: string, detail: Record<string, unknown>) => void
  /** Routes of standards that are no operations of ours. */
  edges: readonly Edge[]
  /** More routes: health, trust page, API description. */
  pages: (app: FastifyInstance) => void
}

/**
 * Slow clients are cut: a handshake within 5 s, headers within 5 s, a body within 30 s (Fastify's own time-out alone does not stop
 * slowloris), and whoever reads nothing of an answer after 5 minutes.
 */
const serverTimes = {
  handshakeTimeout: 5_000,
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
}

/** Writes a problem where there is no route to answer, and ends the connection. Whoever does not take it is cut off. */
const endWithProblem = (socket: Duplex, code: CommonCode): void => {
  const problem = common(code)
  const body = JSON.stringify(problemBody(problem, newId('rq')))
  const head = [
    `HTTP/1.1 ${problem.status} ${http.STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ]
  const cut = setTimeout(() => socket.destroy(), serverTimes.headersTimeout)
  socket.once('close', () => clearTimeout(cut)).on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** What Node's parser refuses never reaches a route; it gets a problem all the same. */
const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  // Without a finished handshake there is nobody to answer: a write would wait for it, and hold the connection open for good.
  const unheard = error.code === 'ECONNRESET' || /^ERR_(TLS|SSL)_/.test(error.code ?? '')
  if (unheard || !socket.writable) return void socket.destroy()
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  endWithProblem(socket, tooLarge ? 'headers_too_large' : slow ? 'request_timeout' : 'malformed_request')
}

/**
 * What Node offers by itself; but where it is a list, Node copies it for each connection into a piece of a buffer of 64 kB, of which one in three then lived as long as its
 * connection: 25 MB with a thousand agents. Whoever asks for something else only is refused (RFC 7301 §3.2).
 */
const chooseProtocol = ({ protocols }: { protocols: string[] }): string | undefined =>
  protocols.find((protocol) => protocol === 'http/1.1')

/** What Node would answer itself, without a problem and without our headers. */
const answerOddRequests = (server: http.Server): void => {
  // We are no proxy.
  server.on('connect', (_, socket) => endWithProblem(socket, 'method_not_allowed'))
  // An expectation that nobody knows may be passed over (RFC 9110 §10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/**
 * Whom a request counts against before anything is asked of the database: where it comes from; or the agent of a host, where its key was
 * found valid in this process not long ago, since a fleet may stand behind one address. A made-up key, and one that is refused, is its address's.
 */
const countsAgainst = (request: FastifyRequest, known: KnownCallers): string => {
  const caller = known.recall(request)
  return caller?.kind === 'agent' ? caller.agentId : placeOf(request.ip)
}

const registerAdmission = (app: FastifyInstance, { limits, shedding, known }: HttpOptions): void => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
    // A flood of strangers must not make a load balancer believe that nobody here can be served.
    const preferred = (): boolean => request.routeOptions.url === '/healthz' || known.has(request)
    const place = countsAgainst(request, known)
    request.leaveLoad = shedding.admit(place, preferred)
    reply.raw.once('close', request.leaveLoad)
    const state = limits.byPlace(place)
    reply.headers(rateHeaders(state))
    if (state.retryAfterSeconds > 0) throw rateProblem(state)
    refuseAmbiguous(request.raw)
    done()
  })
}

/** The console is one page; unknown addresses below it are its own to explain. None of its addresses looks like a file: `/.env` is not there. */
const wantsPage = ({ method, headers }: FastifyRequest, path: string): boolean => {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (path === '/') return true
  return (
    /^[/\w-]+$/.test(path) &&
    !path.startsWith('/api/') &&
    !path.startsWith('/assets/') &&
    (headers.accept ?? '').includes('text/html')
  )
}

const registerConsole = async (
  app: FastifyInstance,
  consoleDir: string,
  methodsOf: (path: string) => string[],
): Promise<void> => {
  const index = await readFile(`${consoleDir}/index.html`, 'utf8')
  await app.register(fastifyStatic, {
    root: consoleDir,
    wildcard: false, // a route for each file there is: nothing else can be asked for
    index: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Names in assets/ carry a hash of their content.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    if (wantsPage(request, path)) return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(index)
    const methods = methodsOf(path)
    if (methods.length === 0) return sendProblem(reply, common('route_not_found'), request.requestId)
    reply.header('allow', methods.join(', '))
    // No CORS header: to a preflight this is a no.
    if (request.method === 'OPTIONS') return reply.code(204).send()
    return sendProblem(reply, common('method_not_allowed'), request.requestId)
  })
}

/** What the router cannot even read: no route, and so no hook, sees it. */
const onRouterError = (error: FastifyError, _: FastifyRequest, reply: FastifyReply): void => {
  void sendProblem(reply.headers(securityHeaders), ofFramework(error) ?? common('malformed_request'), newId('rq'))
}

/** The whole HTTPS edge. The caller listens and closes. */
export const createHttpServer = async (options: HttpOptions): Promise<FastifyInstance> => {
  const isProxy = networksIn(options.proxies)
  const app = Fastify({
    https: {
      ...options.tls,
      ...tlsSettings,
      ...serverTimes,
      ALPNCallback: chooseProtocol,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: false,
    },
    trustProxy: options.proxies.length > 0 && ((address: string) => isProxy(address)),
    bodyLimit: 64 * 1024,
    requestTimeout: serverTimes.requestTimeout,
    connectionTimeout: 300_000,
    keepAliveTimeout: serverTimes.keepAliveTimeout,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: onClientError,
    frameworkErrors: onRouterError,
  })
  const connections = limitConnections(app.server, options.connections, isProxy)
  const authenticate = remembering(options.known, options.authenticate)
  const methodsOf = watchMethods(app)
  registerErrors(app, (message, detail) => options.log(message, detail))
  answerOddRequests(app.server)
  registerJson(app)
  registerRoutes(app, { ...options, authenticate, vouch: connections.vouch })
  registerAdmission(app, options)
  for (const edge of options.edges) edge(app, { ...options, authenticate })
  const { metrics } = options.path.services
  metrics.watch(() => ({ ...options.shedding.state(), connections: connections.state() }))
  registerMetrics(app, metrics, authenticate)
  options.pages(app)
  await registerConsole(app, options.consoleDir, methodsOf)
  return app
}

export type RedirectOptions = Pick<HttpOptions, 'publicUrl' | 'connections' | 'proxies'>

/** Plain HTTP only redirects (D1); it reads no more than the request line. */
export const createRedirectServer = ({ publicUrl, connections, proxies }: RedirectOptions): http.Server => {
  const server = http.createServer({ headersTimeout: 5_000, requestTimeout: 5_000, maxHeaderSize: 4096 }, (request, response) => {
    const path = request.url?.startsWith('/') && !request.url.startsWith('//') ? request.url : '/'
    response.writeHead(308, { location: publicUrl + path, connection: 'close' }).end()
  })
  limitConnections(server, connections, networksIn(proxies))
  return server
}
