import { operationNamed, ProblemError, rolesWith, type Operation, type Permission } from '@holdfast/contract'
import { kebab } from './flags.ts'
import { Ended, exitCodes, Failed, Interrupted, Unavailable, UsageError } from './io.ts'
import { plain } from './print.ts'

const advice: Partial<Record<string, string>> = {
  unauthenticated: 'Run `holdfast login`, or set HOLDFAST_API_KEY. A key ends when it expires, is revoked, or its member leaves.',
  mfa_required: 'Your role needs a second factor: sign in to the console and enrol one.',
  session_required: 'Do this in the console.',
  no_factor: 'Enrol a second factor in the console first.',
  policy_changed: 'The rules have changed meanwhile: ask anew.',
  step_up_required: 'Do this in the console, after confirming a code.',
  rate_limited: 'Wait, then try again.',
  idempotency_conflict: 'The first attempt is still running; look at the result before you try again.',
}

const holders = (permission: string): string => {
  const roles = rolesWith(permission as Permission)
  return roles.length > 0 ? `${permission} (${roles.join(', ')})` : permission
}

/** A refusal as lines for a person: what happened, which fields, what to do, and the request's id. */
export const describeProblem = (error: ProblemError, operation?: Operation): string => {
  const { title, detail, code, status, errors = [], instance, permission } = error.problem
  const missing = permission ?? (code === 'forbidden' ? operation?.permission : undefined)
  const said = detail ?? title
  return [
    `${plain(said)} (${plain(code)}, ${status})`,
    // What is missing for a clearance is no field of the input.
    ...errors.map(({ path, message }) => `  ${code === 'not_cleared' ? '' : `--${kebab(plain(path))}: `}${plain(message)}`),
    // The server's own sentence mostly names it already.
    missing && !said.includes(missing) && `  You need ${holders(plain(missing))}.`,
    error.retryAfterSeconds !== null && `  Wait ${error.retryAfterSeconds} s.`,
    advice[code] && `  ${advice[code]}`,
    instance && `  Request ${plain(instance)}`,
  ]
    .filter(Boolean)
    .join('\n')
}

/** What is printed on stderr for whatever a command threw, and the exit code. A stack appears only with DEBUG. */
export const describeFailure = (error: unknown, operationName?: string, debug = false): { text: string; code: number } => {
  if (error instanceof ProblemError) {
    const unavailable = error.problem.status >= 502 && error.problem.status <= 504
    const operation = operationName === undefined ? undefined : operationNamed(operationName)
    return { text: describeProblem(error, operation), code: unavailable ? exitCodes.unavailable : exitCodes.failed }
  }
  if (error instanceof Ended || error instanceof Interrupted) return { text: '', code: error.code }
  if (error instanceof UsageError) return { text: error.message, code: exitCodes.usage }
  if (error instanceof Unavailable) return { text: error.message, code: exitCodes.unavailable }
  if (error instanceof Failed) return { text: error.message, code: exitCodes.failed }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { text: debug && stack ? stack : `unexpected: ${message}`, code: exitCodes.failed }
}
