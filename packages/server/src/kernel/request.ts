import type { Operation, PersonId, ProblemStatus, SessionId } from '@holdfast/contract'
import type { z } from 'zod'
import type { AccessLog } from './access-log.ts'
import type { Gate } from './gate.ts'
import type { Cookies, Handler, Origin } from './handle.ts'
import { isPerson, type Principal } from './principal.ts'
import { common, Problem } from './problem.ts'
import type { Services } from './services.ts'

/** One request, whatever it came in by. */
export interface Request {
  id: string
  origin: Origin
  principal: Principal | null
  refreshToken: string | null
  signOnToken: string | null
  idempotencyKey: string | null
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

export interface Outcome {
  output: unknown
  /** The number of the ledger entry; null for reads. */
  seq: number | null
  cookies: Cookies | null
}

export interface Path {
  services: Services
  gate: Gate
  accessLog: AccessLog
  /** By the name of their operation, for those that carry out others. */
  handlers: ReadonlyMap<string, Handler>
}

/** The input as the operation declares it. Throws `invalid_input`. */
export const parse = (operation: Operation, input: unknown): z.output<z.ZodObject> => {
  const parsed = operation.input.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
  throw common('invalid_input', { errors })
}

/** Makes the refusals that the operation declares. */
export const failOf =
  (operation: Operation) =>
  (code: string, detail?: string, extras: ConstructorParameters<typeof Problem>[2] = {}): Problem => {
    const status: ProblemStatus | undefined = operation.errors[code]
    if (status === undefined) throw new Error(`${operation.name} did not declare ${code}`)
    return new Problem(code, status, { ...extras, ...(detail !== undefined && { detail }) })
  }

/** Everything of a handler's context that does not depend on who calls. */
export const sharedContext = (path: Pick<Path, 'services' | 'gate'>, operation: Operation, request: Request) => {
  const effects: (() => Promise<void> | void)[] = []
  let cookies: Cookies | null = null
  let reason: string | null = null
  return {
    context: {
      signOnToken: request.signOnToken,
      now: path.services.clock.now(),
      origin: request.origin,
      requestId: request.id,
      services: path.services,
      gate: path.gate,
      fail: failOf(operation),
      afterCommit: (effect: () => Promise<void> | void) => void effects.push(effect),
      cookies: (change: Cookies) => void (cookies = change),
      because: (text: string) => void (reason = text),
    },
    cookies: () => cookies,
    reason: () => reason,
    runEffects: async () => {
      for (const effect of effects) await Promise.resolve(effect()).catch(path.services.ground.onError)
    },
  }
}

export const personOf = (principal: Principal): PersonId => {
  if (principal.kind === 'service') throw common('session_required')
  if (!isPerson(principal)) throw new Error(`${principal.kind} is no person`)
  return principal.personId
}
export const personIn = (principal: Principal): PersonId | null => (isPerson(principal) ? principal.personId : null)
export const sessionOf = (principal: Principal): SessionId => {
  if (principal.kind !== 'session') throw new Error('only a session has a session id')
  return principal.sessionId
}
