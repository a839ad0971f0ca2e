import { commonTitles, ProblemError, rolesWith, type CommonCode, type Permission, type Role } from '@holdfast/contract'

/** What a person is told when something did not work. */
export interface Explained {
  title: string
  /** What was, or was not, changed. */
  effect: string
  /** What to do now; empty when the title says it. */
  advice: string
  code: string
  /** The request id, for whoever looks into it. */
  instance: string
  /** Messages by field of the input. */
  fields: Record<string, string>
}

const advice: Partial<Record<CommonCode, string>> = {
  write_conflict: 'Look at what is there now, then try again.',
  idempotency_conflict: 'Wait a moment, then look whether it was done.',
  internal: 'Try again; if it stays, give the code below to your operator.',
  dependency_unavailable: 'Try again in a minute.',
  unauthenticated: 'Sign in again.',
  step_up_required: 'Start it again and confirm that it is you.',
  route_not_found: 'Reload the page: it may be older than the server.',
}

export const roleNames: Record<Role, string> = {
  owner: 'Owner',
  admin: 'Admin',
  reviewer: 'Reviewer',
  member: 'Member',
  viewer: 'Viewer',
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** "Owner or Admin": the roles that hold a permission. */
export const rolesInWords = (permission: string): string =>
  listed(rolesWith(permission as Permission).map((role) => roleNames[role]))

/** "You need ledger:export (Owner, Admin or Reviewer)." */
export const refusalInWords = (permission: string): string => {
  const who = rolesInWords(permission)
  const where = permission.startsWith('operator:') ? ' of the operator’s organisation' : ''
  return who ? `You need ${permission} (${who}${where}).` : `You need ${permission}.`
}

const waitInWords = (seconds: number | null): string => {
  if (seconds === null) return 'Wait a minute, then try again.'
  if (seconds < 90) return `Try again in ${seconds} s.`
  return `Try again in ${Math.ceil(seconds / 60)} min.`
}

const commonTitle = (error: ProblemError): string => {
  if (error.code === 'forbidden' && error.problem.permission) return refusalInWords(error.problem.permission)
  if (error.code === 'plan_required' && error.problem.detail) return error.problem.detail
  if (error.code === 'rate_limited') return 'Too many attempts in a short time.'
  if (error.code === 'overloaded') return 'The service is busy.'
  if (error.code === 'invalid_input') return 'Some of the input is not valid.'
  return commonTitles[error.code as CommonCode] ?? error.problem.detail ?? error.problem.title
}

const fieldsOf = (error: ProblemError): Record<string, string> =>
  Object.fromEntries((error.problem.errors ?? []).map(({ path, message }) => [path.replace(/^\//, ''), message]))

/**
 * Turns any failure into sentences. `sentences` are the operation's own: one per declared code; an empty one leaves it to the server's own words,
 * which say which of several things it is about.
 */
export const explain = (
  error: unknown,
  sentences: Record<string, string> = {},
  kind: 'command' | 'read' = 'command',
): Explained => {
  const unchanged = kind === 'command' ? 'Nothing was changed.' : ''
  if (!(error instanceof ProblemError)) {
    const offline = error instanceof TypeError
    return {
      title: offline ? 'The server did not answer.' : 'The page met something it did not expect.',
      effect: kind === 'command' ? 'It may or may not have been done.' : '',
      advice: offline ? 'Check your connection, then look whether it was done before you try again.' : 'Reload the page.',
      code: offline ? 'no_answer' : 'page_error',
      instance: '',
      fields: {},
    }
  }
  const waits = error.code === 'rate_limited' || error.code === 'overloaded'
  // An empty sentence leaves it to the server, which knows more than the code says.
  const title = sentences[error.code] || commonTitle(error)
  return {
    title,
    effect: title.includes('Nothing was changed') ? '' : unchanged,
    advice: waits ? waitInWords(error.retryAfterSeconds) : (advice[error.code as CommonCode] ?? ''),
    code: error.code,
    instance: error.problem.instance,
    fields: fieldsOf(error),
  }
}
