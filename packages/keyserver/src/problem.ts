/** A refusal that the client is told about: RFC 9457 with a stable `code`. Details never carry a secret or a caller's bytes. */
export class Problem extends Error {
  readonly status: number
  readonly code: ProblemCode
  readonly extra: Record<string, unknown>

  constructor(code: ProblemCode, detail: string, extra: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'Problem'
    this.status = statusOf[code]
    this.code = code
    this.extra = extra
  }
}

const statusOf = {
  malformed_request: 400,
  client_not_allowed: 403,
  route_unknown: 404,
  ring_unknown: 404,
  version_unknown: 404,
  signing_key_unknown: 404,
  ssh_authority_unknown: 404,
  method_not_allowed: 405,
  version_in_use: 409,
  version_destroyed: 409,
  version_retired: 409,
  checkpoint_size_mismatch: 409,
  checkpoint_root_mismatch: 409,
  checkpoint_head_mismatch: 409,
  body_too_large: 413,
  not_json: 415,
  unwrap_failed: 422,
  certificate_refused: 422,
  revocations_refused: 422,
  internal: 500,
  keys_unavailable: 503,
} as const

export type ProblemCode = keyof typeof statusOf

/** As `application/problem+json` has it. */
export const problemFields = (problem: Problem): Record<string, unknown> => ({
  ...problem.extra,
  type: 'about:blank',
  title: problem.code.replaceAll('_', ' '),
  status: problem.status,
  code: problem.code,
  detail: problem.message,
})
