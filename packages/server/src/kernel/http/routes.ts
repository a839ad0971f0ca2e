import { Readable } from 'node:stream'
import { apiBase, methodOf, type Operation } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newId } from '../identifier.ts'
import type { Handler } from '../handle.ts'
import { permit } from '../permit.ts'
import { hasRole, principalId, type Principal } from '../principal.ts'
import { common } from '../problem.ts'
import { run, runStream, type Outcome, type Path, type Request } from '../run.ts'
import type { Authenticator } from './authenticate.ts'
import { cookieHeaders, refreshCookieOf, signOnCookieOf } from './cookies.ts'
import { refuseCrossSite } from './csrf.ts'
import type { Connections } from './connections.ts'
import { createEventStreams, type EventStreams, type Listener } from './events.ts'
import { largeBytes, weightOf, type LargeBodies } from './large-bodies.ts'
import type { KnownCallers } from './known-callers.ts'
import { rateHeaders, rateProblem, type RateLimits } from './rate-limit.ts'
import { runTentatively } from './tentative.ts'

export interface RouteOptions {
  path: Path
  handlers: readonly Handler[]
  limits: RateLimits
  authenticate: Authenticator['authenticate']
  known: KnownCallers
  large: LargeBodies
  publicUrl: string
  vouch: Connections['vouch']
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's id: in the log, in problems, in the ledger entry. */
    requestId: string
    /** Set where the caller was looked up before the body was read. */
    admitted: { principal: Principal | null } | null
    /** Ends its being counted as work in hand; whoever listens to events is no work. */
    leaveLoad: (() => void) | null
  }
}

const defaultBodyBytes = 64 * 1024
const bodyLimitOf = (operation: Operation): number =>
  operation.kind === 'command' ? (operation.maxBodyBytes ?? defaultBodyBytes) : defaultBodyBytes

/** Path parameters win over a field of the same name in the body or query. */
const inputOf = (operation: Operation, request: FastifyRequest): unknown => {
  const source = methodOf(operation) === 'POST' ? (request.body === undefined ? {} : request.body) : request.query
  if (typeof source !== 'object' || source === null || Array.isArray(source))
    throw common('invalid_input', { detail: 'Send a JSON object.' })
  return { ...source, ...(request.params as Record<string, string>) }
}

const idempotencyKeyOf = (request: FastifyRequest): string | null => {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,100}$/.test(key)) {
    throw common('invalid_input', { detail: 'Idempotency-Key: 1 to 100 visible ASCII characters.' })
  }
  return key
}

/** Made only where it is listened to: an abort makes an exception with its stack. */
const signalOf = (reply: FastifyReply): AbortSignal => {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

const limit = (
  limits: RateLimits,
  operation: Operation,
  principal: Principal | null,
  request: FastifyRequest,
  reply: FastifyReply,
): void => {
  const state = limits.byCaller(operation, principal, request.ip)
  if (state) reply.headers(rateHeaders(state))
  if (state && state.retryAfterSeconds > 0) throw rateProblem(state)
}

const admit = async (
  { limits, authenticate, publicUrl }: RouteOptions,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
) => {
  if (methodOf(operation) === 'POST') refuseCrossSite(request, publicUrl)
  const principal = await authenticate(request)
  limit(limits, operation, principal, request, reply)
  return { principal }
}

/** `assumed`: for whom the read may begin before it is known who calls. */
const outcomeOf = async (
  options: RouteOptions,
  handler: Exclude<Handler, { scope: 'download' | 'events' }>,
  input: unknown,
  asked: Request,
  assumed: Principal | null,
  [request, reply]: [FastifyRequest, FastifyReply],
): Promise<Outcome> => {
  if (assumed) {
    limit(options.limits, handler.operation, assumed, request, reply)
    const outcome = await runTentatively(options.path, handler, input, asked, assumed, () => options.authenticate(request))
    if (outcome) return outcome
    asked.principal = (await admit(options, handler.operation, request, reply)).principal
  }
  return run(options.path, handler, input, asked)
}

/** A large answer is held until it is fetched, and counts as several requests of whoever asked. */
const sendText = (
  { limits, large }: RouteOptions,
  operation: Operation,
  text: string,
  principal: Principal | null,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  if (text.length > largeBytes) {
    limits.charge(principal, request.ip, weightOf(text.length))
    // What was changed is changed, and must be told.
    if (operation.kind === 'query' && !reply.raw.destroyed) reply.raw.once('close', large.holdAnswer(text.length))
  }
  return reply.type('application/json; charset=utf-8').send(text)
}

/**
 * Who listens, if not an agent: let in anew again and again, by the same path as a request. Somebody else by now, or with other rights, is let go and
 * comes back as who they are. That a stream is open says nothing of a person being at it.
 */
const listenerOf = (
  { authenticate, path }: RouteOptions,
  operation: Operation,
  principal: Principal | null,
  request: FastifyRequest,
): Listener | null => {
  if (!principal || principal.kind === 'agent') return null
  const { authorization, cookie, 'user-agent': agent } = request.headers
  const credentials = { headers: { authorization, cookie, 'user-agent': agent }, ip: request.ip }
  return {
    name: principalId(principal),
    mayStill: async () => {
      const now = await authenticate(credentials)
      permit(operation, now, path.services.clock.now())
      return now !== null && rightsOf(now) === rightsOf(principal)
    },
  }
}
/** Everything that an answer depends on. */
const rightsOf = (principal: Principal): string =>
  JSON.stringify([
    principalId(principal),
    principal.orgId,
    hasRole(principal) && [principal.role, principal.operator, 'scopes' in principal && principal.scopes],
  ])

const serve = async (
  options: RouteOptions,
  handler: Handler,
  request: FastifyRequest,
  reply: FastifyReply,
  streams: EventStreams,
): Promise<FastifyReply> => {
  const { operation } = handler
  const assumed = handler.scope === 'organisation' && methodOf(operation) === 'GET' ? options.known.recall(request) : null
  const { principal } = assumed ? { principal: assumed } : (request.admitted ?? (await admit(options, operation, request, reply)))
  if (principal?.kind === 'agent') options.vouch(request.raw.socket, principal.agentId)
  const asked: Request = {
    id: request.requestId,
    origin: { address: request.ip, agent: (request.headers['user-agent'] ?? '').slice(0, 300) },
    principal,
    refreshToken: refreshCookieOf(request),
    signOnToken: signOnCookieOf(request),
    idempotencyKey: idempotencyKeyOf(request),
    get signal() {
      return signalOf(reply)
    },
  }
  const input = inputOf(handler.operation, request)
  reply.header('cache-control', 'no-store')
  if (handler.scope === 'download') {
    const { input: parsed, stream } = runStream(options.path, handler, input, asked)
    reply.header('content-disposition', `attachment; filename="${handler.operation.filename(parsed)}"`)
    return reply.type(handler.operation.contentType).send(Readable.from(stream, { objectMode: false }))
  }
  if (handler.scope === 'events') {
    const listener = listenerOf(options, operation, principal, request)
    streams.admit(listener)
    const { stream } = runStream(options.path, handler, input, asked)
    request.leaveLoad?.()
    return reply.type('text/event-stream').send(streams.open(handler.operation, stream, listener))
  }
  const { output, seq, cookies } = await outcomeOf(options, handler, input, asked, assumed, [request, reply])
  if (seq !== null) reply.header('holdfast-ledger-seq', seq)
  if (cookies) reply.header('set-cookie', cookieHeaders(cookies))
  if (cookies && 'set' in cookies) {
    options.known.note(cookies.set.access)
    options.known.note(cookies.set.refresh)
  }
  return sendText(options, handler.operation, JSON.stringify(output), asked.principal, request, reply)
}

/** One route an operation, and nothing else: whatever the contract does not declare does not exist. */
export const registerRoutes = (app: FastifyInstance, options: RouteOptions): void => {
  app.decorateRequest('requestId', '').decorateRequest('admitted', null).decorateRequest('leaveLoad', null)
  const streams = createEventStreams(options.path.services.ground.onError)
  app.addHook('preClose', (done) => {
    streams.endAll()
    done()
  })
  app.addHook('onRequest', (request, reply, done) => {
    request.requestId = newId('rq')
    reply.header('holdfast-request-id', request.requestId)
    done()
  })
  for (const handler of options.handlers) {
    const { operation } = handler
    app.route({
      method: methodOf(operation),
      url: apiBase + operation.path,
      bodyLimit: bodyLimitOf(operation),
      handler: (request, reply) => serve(options, handler, request, reply, streams),
      // A large body is not read, let alone parsed, for nobody; but where nobody is needed, at the pace of their address.
      ...(bodyLimitOf(operation) > defaultBodyBytes && {
        preParsing: async (request, reply) => {
          request.admitted = await admit(options, operation, request, reply)
          if (!request.admitted.principal && operation.permission !== 'public') throw common('unauthenticated')
          const length = request.headers['content-length']
          // Whoever left meanwhile has closed already, and would hold the place for good.
          if (reply.raw.destroyed) throw common('malformed_request')
          if (length !== undefined && Number(length) <= largeBytes) return
          options.limits.charge(request.admitted.principal, request.ip, weightOf(Number(length ?? bodyLimitOf(operation))))
          reply.raw.once('close', options.large.takeUpload())
        },
      }),
    })
  }
}
