import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { common, problemBody, problemOf, type Problem } from '../problem.ts'

/** What Fastify itself refuses, in our words. */
export const ofFramework = (error: FastifyError): Problem | null => {
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return common('unsupported_media_type')
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return common('body_too_large')
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return common('malformed_json')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
      return common('malformed_request')
    case 'FST_ERR_MAX_PARAM_LENGTH': // longer than any id
      return common('route_not_found')
    default:
      break
  }
  if (error instanceof SyntaxError) return common('malformed_json')
  return error.statusCode === 400 ? common('malformed_request', { cause: error }) : null
}

export const sendProblem = (reply: FastifyReply, problem: Problem, instance: string): FastifyReply => {
  const { retryAfterSeconds } = problem.extras
  if (retryAfterSeconds !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfterSeconds)))
  // Some refusals would be kept by caches otherwise (RFC 9111 §4.2.2).
  reply.header('cache-control', 'no-store')
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(problem.status).type('application/problem+json').send(problemBody(problem, instance))
}

/** Every failure becomes a problem (RFC 9457); the cause of an internal one goes to the log and nowhere else. */
export const registerErrors = (
  app: FastifyInstance,
  log: (message: string, detail: { requestId: string; cause: unknown }) => void,
): void => {
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply) => {
    const problem = ofFramework(error) ?? problemOf(error)
    if (problem.status >= 500 && problem.code !== 'overloaded') {
      log(problem.code, { requestId: request.requestId, cause: problem.extras.cause ?? error })
    }
    return sendProblem(reply, problem, request.requestId)
  })
}
