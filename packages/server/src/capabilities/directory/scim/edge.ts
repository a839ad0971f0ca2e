/** The routes of RFC 7644 below /scim/v2: what the standard says of addresses, bodies and errors; all else is the one path's. */
import type { Operation } from '@holdfast/contract'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Edge, EdgeOptions } from '../../../kernel/http/edge.ts'
import { ofFramework } from '../../../kernel/http/errors.ts'
import { acceptJson } from '../../../kernel/http/json.ts'
import { rateHeaders, rateProblem } from '../../../kernel/http/rate-limit.ts'
import type { DirectoryPrincipal } from '../../../kernel/principal.ts'
import { common, problemOf, type Problem } from '../../../kernel/problem.ts'
import { run, type Request } from '../../../kernel/run.ts'
import { openUnit } from '../../../kernel/unit.ts'
import { keepLog } from '../log.ts'
import { issueToken } from '../token.ts'
import { maxBodyBytes, resourceTypes, schemas, serviceProviderConfig } from './discovery.ts'
import { scim } from './operations.ts'
import type { Resource } from './present.ts'
import { scimTypes } from './refusal.ts'
import { scimRoutes } from './routes.ts'
import { errorMessage, listMessage } from './schema.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The directory that calls; null outside of /scim/v2. */
    directory: DirectoryPrincipal | null
  }
}

const mediaType = 'application/scim+json; charset=utf-8'

const errorBody = (status: number, detail: string, scimType?: string): Resource => ({
  schemas: [errorMessage],
  status: String(status),
  ...(scimType !== undefined && { scimType }),
  detail,
})

const sentenceOf = (problem: Problem): string => {
  const { detail, errors = [] } = problem.extras
  const fields = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return detail ?? (fields === '' ? problem.code.replaceAll('_', ' ') : fields)
}

const sendError = (reply: FastifyReply, problem: Problem): FastifyReply => {
  const { retryAfterSeconds } = problem.extras
  if (retryAfterSeconds !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfterSeconds)))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  const body = errorBody(problem.status, sentenceOf(problem), problem.status < 500 ? scimTypes[problem.code] : undefined)
  return reply.code(problem.status).header('cache-control', 'no-store').type(mediaType).send(body)
}

/** What a failure means for the client; failures of ours go to the log. */
const refusalOf = ({ path }: EdgeOptions, error: FastifyError): Problem => {
  const problem = ofFramework(error) ?? problemOf(error)
  if (problem.status >= 500 && problem.code !== 'overloaded') path.services.ground.onError(error)
  return problem
}

const asked = (request: FastifyRequest, principal: DirectoryPrincipal | null): Request => ({
  id: request.requestId,
  origin: { address: request.ip, agent: (request.headers['user-agent'] ?? '').slice(0, 300) },
  principal,
  refreshToken: null,
  signOnToken: null,
  idempotencyKey: null,
  signal: new AbortController().signal,
})

/** Nobody but a directory gets any further, and nobody's body is read before. Cookies and people's keys open nothing here. */
const admit = async (
  { authenticate, limits }: EdgeOptions,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> => {
  const { authorization } = request.headers
  if (authorization === undefined) throw common('unauthenticated', { detail: 'Send the token of the directory connection.' })
  const principal = await authenticate({ headers: { authorization }, ip: request.ip })
  if (principal?.kind !== 'directory') throw common('unauthenticated', { detail: 'This is no token of a directory connection.' })
  request.directory = principal
  const state = limits.byCaller(operation, principal, request.ip)
  if (state) reply.headers(rateHeaders(state))
  if (state && state.retryAfterSeconds > 0) throw rateProblem(state)
}

/** What a directory was refused is kept for its administrators. */
const keepRefusal = async (
  { path: { services } }: EdgeOptions,
  request: FastifyRequest,
  operation: string,
  problem: Problem,
): Promise<void> => {
  const { directory } = request
  if (!directory || problem.status >= 500 || problem.status === 429) return
  const unit = openUnit(services.ground, directory.orgId, null, true)
  const { id = null } = request.params as { id?: string }
  try {
    await keepLog(unit, {
      ...{ at: services.clock.now(), credentialId: directory.credentialId, requestId: request.requestId, operation, target: id },
      ...{ status: problem.status, code: problem.code, marked: directory.test },
      request: request.body ?? request.query,
      said: [sentenceOf(problem)],
    })
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    services.ground.onError(error) // a log that cannot take it must not hide the refusal itself
  }
}

const listOf = (rows: readonly unknown[], total: number, startIndex: number): Resource => ({
  schemas: [listMessage],
  totalResults: total,
  startIndex,
  itemsPerPage: rows.length,
  Resources: rows,
})

const locationOf = (output: unknown): string | undefined => {
  const { meta } = output as { meta?: { location?: string } }
  return meta?.location
}

const registerOperations = (app: FastifyInstance, options: EdgeOptions): void => {
  for (const [method, url, handler, input, status] of scimRoutes) {
    const { operation } = handler
    app.route({
      ...{ method, url, bodyLimit: maxBodyBytes },
      preParsing: (request, reply) => admit(options, operation, request, reply),
      errorHandler: (error: FastifyError, request, reply) => {
        const problem = refusalOf(options, error)
        const kept = method === 'GET' ? Promise.resolve() : keepRefusal(options, request, operation.name, problem)
        void kept.then(() => sendError(reply, problem))
      },
      handler: async (request, reply) => {
        const { output, seq } = await run(options.path, handler, input(request), asked(request, request.directory))
        if (seq !== null) reply.header('holdfast-ledger-seq', seq)
        reply.header('cache-control', 'no-store').type(mediaType)
        if (status === 204) return reply.code(204).send()
        if (typeof output === 'object' && output !== null && 'rows' in output) {
          const { rows, total, startIndex } = output as { rows: unknown[]; total: number; startIndex: number }
          return reply.send(listOf(rows, total, startIndex))
        }
        const location = locationOf(output)
        if (status === 201 && location !== undefined) reply.header('location', location)
        return reply.code(status).send(output)
      },
    })
  }
}

/** What describes the service is the same for everybody who has a token, and says nothing of anybody. */
const registerDiscovery = (app: FastifyInstance, options: EdgeOptions): void => {
  const base = `${options.publicUrl}/scim/v2`
  const show = (url: string, answer: (request: FastifyRequest) => Resource | null): void => {
    app.route({
      ...{ method: 'GET', url },
      preParsing: (request, reply) => admit(options, scim.listUsers, request, reply),
      handler: async (request, reply) => {
        const found = answer(request)
        if (!found) throw common('route_not_found', { detail: 'There is no such thing.' })
        return reply.header('cache-control', 'no-store').type(mediaType).send(found)
      },
    })
  }
  const one = (all: readonly Resource[], request: FastifyRequest): Resource | null =>
    all.find((entry) => entry['id'] === (request.params as { id: string }).id) ?? null
  show('/ServiceProviderConfig', () => serviceProviderConfig(base))
  show('/ResourceTypes', () => listOf(resourceTypes(base), resourceTypes(base).length, 1))
  show('/ResourceTypes/:id', (request) => one(resourceTypes(base), request))
  show('/Schemas', () => listOf(schemas(base), schemas(base).length, 1))
  show('/Schemas/:id', (request) => one(schemas(base), request))
}

/** Declared in ServiceProviderConfig as not there, and refused as the standard says (RFC 7644 §3.12). */
const registerUnsupported = (app: FastifyInstance, options: EdgeOptions): void => {
  const refuse = (_: FastifyRequest, reply: FastifyReply): FastifyReply =>
    reply.code(501).type(mediaType).send(errorBody(501, 'This is not supported; see /ServiceProviderConfig.'))
  for (const [method, url] of [
    ['POST', '/Bulk'],
    ['GET', '/Me'],
    ['POST', '/.search'],
    ['POST', '/Users/.search'],
    ['POST', '/Groups/.search'],
  ] as const)
    app.route({ method, url, preParsing: (request, reply) => admit(options, scim.listUsers, request, reply), handler: refuse })
}

/** Adds the routes. */
export const scimEdge: Edge = (root, options) => {
  root.decorateRequest('directory', null)
  void root.register(
    (app, _, done) => {
      acceptJson(app, 'application/scim+json')
      app.setErrorHandler((error: FastifyError, __, reply) => {
        void sendError(reply, refusalOf(options, error))
      })
      app.setNotFoundHandler((___, reply) =>
        sendError(reply, common('route_not_found', { detail: 'There is nothing at this address.' })),
      )
      registerOperations(app, options)
      registerDiscovery(app, options)
      registerUnsupported(app, options)
      issueToken(app, options)
      done()
    },
    { prefix: '/scim/v2' },
  )
}
