import { z } from 'zod'

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 406 | 408 | 409 | 410 | 413 | 415 | 422 | 429 | 431 | 500 | 503

/** Refusals that any operation may answer with, beside those it declares itself. */
export const commonProblems = {
  invalid_input: 400,
  malformed_json: 400,
  malformed_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  mfa_required: 403,
  step_up_required: 403,
  network_refused: 403,
  session_locked: 403,
  sign_in_method_refused: 403,
  session_required: 403,
  plan_required: 403,
  staff_access_ended: 403,
  cross_site_request: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  idempotency_conflict: 409,
  write_conflict: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  overloaded: 503,
  dependency_unavailable: 503,
} as const satisfies Record<string, ProblemStatus>
export type CommonCode = keyof typeof commonProblems

/** One sentence a code, for people; what to do comes with it. */
export const commonTitles: Record<CommonCode, string> = {
  invalid_input: 'Some of the input is not valid. See "errors" for each field.',
  malformed_json: 'The body is not valid JSON.',
  malformed_request: 'The request could not be read.',
  unauthenticated: 'Sign in first, or send a valid API key.',
  forbidden: 'Your role does not allow this.',
  mfa_required: 'Enrol or confirm a second factor first.',
  step_up_required: 'Confirm that it is you: enter a current code, then try again.',
  network_refused: 'This organisation lets people in only from its own networks. Use one of them, or ask an Owner or Admin.',
  session_locked: 'Nobody was here for a while. Confirm that it is you, then go on.',
  sign_in_method_refused: 'This organisation does not accept the way you signed in. Sign in by another one.',
  session_required: 'This needs a signed-in person; an API key or a service account cannot do it.',
  plan_required: 'Your organisation’s plan does not contain this. What is set up already keeps working.',
  staff_access_ended: 'Your access to this organisation has ended. Leave it, and ask again where you still need it.',
  cross_site_request: 'The request came from another site and was refused.',
  route_not_found: 'There is nothing at this address. See /openapi.json for what there is.',
  method_not_allowed: 'This address does not take that method.',
  request_timeout: 'The request took too long to arrive.',
  idempotency_conflict: 'A request with this idempotency key is still running. Wait, then try again.',
  write_conflict: 'Somebody changed the same thing at the same moment. Nothing was changed; try again.',
  body_too_large: 'The body is larger than this operation accepts.',
  unsupported_media_type: 'Send application/json.',
  idempotency_mismatch: 'This idempotency key was used with another request. Use a new key.',
  rate_limited: 'Too many requests. Wait as long as Retry-After says.',
  headers_too_large: 'The request headers are too large.',
  internal: 'Something went wrong on our side. Nothing was changed. The instance id helps us find it.',
  overloaded: 'The service is busy. Wait as long as Retry-After says.',
  dependency_unavailable: 'A part of the service that this needs is not reachable. Nothing was changed; try again shortly.',
}

/** RFC 9457 problem details, with our declared `code`. */
export const Problem = z.object({
  type: z.string().describe('a page that explains the code, relative to the server'),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  instance: z.string().describe('the request id'),
  permission: z.string().optional().describe('the missing permission'),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .max(20)
    .optional(),
})
export type Problem = z.infer<typeof Problem>
