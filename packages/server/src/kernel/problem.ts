import {
  commonProblems,
  commonTitles,
  type CommonCode,
  type Problem as ProblemBody,
  type ProblemStatus,
} from '@holdfast/contract'
import { KeyServerUnavailable } from '@holdfast/keyserver/client'

export interface ProblemExtras {
  /** Public, one sentence: what to do. Never names another tenant's data. */
  detail?: string
  permission?: string
  errors?: { path: string; message: string }[]
  /** Whole seconds after which a retry may succeed. */
  retryAfterSeconds?: number
  /** Private: goes to the log, never to the client. */
  cause?: unknown
}

/** A declared refusal (RFC 9457). Public code and detail, private cause. */
export class Problem extends Error {
  readonly code: string
  readonly status: ProblemStatus
  readonly extras: ProblemExtras
  constructor(code: string, status: ProblemStatus, extras: ProblemExtras = {}) {
    super(extras.detail ?? code, { cause: extras.cause })
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.extras = extras
  }
}

/** One of the refusals that every operation may answer with. */
export const common = (code: CommonCode, extras?: ProblemExtras): Problem => new Problem(code, commonProblems[code], extras)

/** `policy_not_found` → `Policy not found`, for codes that an operation declares itself. */
const titleOf = (code: string): string =>
  code in commonTitles ? commonTitles[code as CommonCode] : code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ')

/** The body a client sees. */
export const problemBody = (problem: Problem, instance: string): ProblemBody => ({
  type: `/problems#${problem.code}`,
  title: titleOf(problem.code),
  status: problem.status,
  code: problem.code,
  instance,
  ...(problem.extras.detail !== undefined && { detail: problem.extras.detail }),
  ...(problem.extras.permission !== undefined && { permission: problem.extras.permission }),
  ...(problem.extras.errors && { errors: problem.extras.errors.slice(0, 20) }),
})

const sqlState = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** What a failure that no handler declared means for the client. The cause stays private. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  const state = sqlState(error)
  if (['40001', '40P01', '23505', '55P03'].includes(state)) return common('write_conflict', { cause: error })
  // A value that passed the contract and that no column can hold: a NUL, a lone surrogate, a number or a time out of range.
  if (['22021', '22P05', '22003', '22008'].includes(state))
    return common('invalid_input', { detail: 'A text, number or time in it is none that can be stored.', cause: error })
  // Staff access ended between the look at the session and this statement.
  if (state === 'HF005') return common('staff_access_ended', { cause: error })
  // The plan lapsed between the look at the session and this statement.
  if (state === 'HF006') return common('plan_required', { cause: error })
  // 53xxx: out of connections, memory or disk; 57Pxx: the server is stopping; 08xxx and socket errors: unreachable.
  if (/^(53|57P|08)/.test(state) || ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(state))
    return common('dependency_unavailable', { cause: error, retryAfterSeconds: 5 })
  // pg-pool names no code for a wait that took too long.
  if (
    error instanceof KeyServerUnavailable ||
    (error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect'))
  )
    return common('dependency_unavailable', { cause: error, retryAfterSeconds: 5 })
  return common('internal', { cause: error })
}
