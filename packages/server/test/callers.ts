/** Callers of operations, in this process: as the HTTP edge would call, without HTTP. */
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import {
  factor,
  operationNamed,
  type EventOf,
  type Events,
  type InputOf,
  type Operation,
  type OutputOf,
} from '@holdfast/contract'
import type { Composition } from '../src/compose.ts'
import type { Clock } from '../src/kernel/clock.ts'
import type { Cookies, Origin } from '../src/kernel/handle.ts'
import { accessCookie } from '../src/kernel/http/cookies.ts'
import { newId } from '../src/kernel/identifier.ts'
import { Problem } from '../src/kernel/problem.ts'
import { run, runStream, type Outcome, type Request } from '../src/kernel/run.ts'

/** A browser, or a program with an API key. Keeps the cookies it is given. */
export interface Caller {
  access: string | null
  refresh: string | null
  apiKey: string | null
  signOn: string | null
  origin: Origin
  /** A person is at it, as the console says. */
  attended: boolean
}

export const newCaller = (options: Partial<Caller> = {}): Caller => ({
  access: null,
  refresh: null,
  apiKey: null,
  signOn: null,
  attended: true,
  origin: { address: '192.0.2.1', agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' },
  ...options,
})

const keepCookies = (caller: Caller, cookies: Cookies | null): void => {
  if (!cookies) return
  if ('signOn' in cookies) return void (caller.signOn = cookies.signOn.token)
  caller.access = 'set' in cookies ? cookies.set.access : null
  caller.refresh = 'set' in cookies ? cookies.set.refresh : null
}

/** The code an authenticator app shows. `steps` ahead or behind gives the next or the last one; each code works once. */
export const totpCode = (secret: string, now: Date, steps = 0): string => {
  const bytes = fromBase32(secret)
  if (!bytes) throw new Error('not base32')
  return totpAt(bytes, totpStep(now.getTime()) + steps)
}

/** Calls operations as the HTTP edge would: authenticate by cookie or key, then the one path. */
export const callersOf = ({ path, handlers, authenticate }: Composition) => {
  const requestOf = async (
    as: Caller,
    idempotencyKey: string | null,
    signal = new AbortController().signal,
  ): Promise<Request> => ({
    id: newId('rq'),
    origin: as.origin,
    principal: await authenticate({
      ip: as.origin.address,
      headers: {
        ...(as.attended && { 'holdfast-attended': '1' }),
        ...(as.apiKey !== null && { authorization: `Bearer ${as.apiKey}` }),
        ...(as.access !== null && { cookie: `${accessCookie}=${as.access}` }),
        'user-agent': as.origin.agent,
      },
    }),
    refreshToken: as.refresh,
    signOnToken: as.signOn,
    idempotencyKey,
    signal,
  })
  const handlerOf = (operation: Pick<Operation, 'name'>) => {
    const handler = handlers.find((candidate) => candidate.operation.name === operation.name)
    if (!handler)
      throw new Error(`nobody handles ${operation.name} (${operationNamed(operation.name) ? 'declared' : 'not declared'})`)
    return handler
  }
  /** Everything `run` answers: output, the entry's number, cookies (which `as` keeps). */
  const outcome = async (
    operation: Operation,
    input: unknown,
    as: Caller,
    idempotencyKey: string | null = null,
  ): Promise<Outcome> => {
    const handler = handlerOf(operation)
    if (handler.scope === 'download' || handler.scope === 'events') throw new Error('call `download` or `events`')
    const answer = await run(path, handler, input, await requestOf(as, idempotencyKey))
    keepCookies(as, answer.cookies)
    return answer
  }
  return {
    outcome,
    call: async <O extends Operation>(operation: O, input: InputOf<O>, as: Caller): Promise<OutputOf<O>> =>
      (await outcome(operation, input, as)).output as OutputOf<O>,
    /** The code of the refusal; fails when there is none. */
    refusal: async <O extends Operation>(operation: O, input: InputOf<O>, as: Caller): Promise<string> => {
      try {
        await outcome(operation, input, as)
      } catch (error) {
        if (error instanceof Problem) return error.code
        throw error
      }
      throw new Error(`${operation.name} was not refused`)
    },
    /** The whole text of a download. */
    download: async (operation: Operation, input: unknown, as: Caller): Promise<string> => {
      const handler = handlerOf(operation)
      if (handler.scope !== 'download') throw new Error(`${operation.name} is no download`)
      const parts: Uint8Array[] = []
      for await (const part of runStream(path, handler, input, await requestOf(as, null)).stream) parts.push(Buffer.from(part))
      return Buffer.concat(parts).toString('utf8')
    },
    /** What comes over a stream of events; leave it by `return`, or by the signal. */
    async *events<O extends Events>(
      operation: O,
      input: InputOf<O>,
      as: Caller,
      signal?: AbortSignal,
    ): AsyncGenerator<EventOf<O>> {
      const handler = handlerOf(operation)
      if (handler.scope !== 'events') throw new Error(`${operation.name} has no events`)
      const { stream } = runStream(path, handler, input, await requestOf(as, null, signal))
      for await (const event of stream) yield operation.data.parse(event) as EventOf<O>
    },
  }
}

export type Callers = ReturnType<typeof callersOf>

/**
 * Enrols an authenticator app for a signed-in caller. It uses the code of the step before, so that the current one is still unused; once more where
 * the step has just changed on the way, which makes it one too old.
 */
export const enrol = async (
  { call }: Pick<Callers, 'call'>,
  clock: Clock,
  caller: Caller,
): Promise<{ totpSecret: string; recoveryCodes: string[] }> => {
  const { id, secret } = await call(factor.enrolTotp, { label: 'Phone' }, caller)
  const confirm = () => call(factor.confirmTotp, { id, code: totpCode(secret, clock.now(), -1) }, caller)
  const { recoveryCodes } = await confirm().catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'code_refused') return confirm()
    throw error
  })
  return { totpSecret: secret, recoveryCodes }
}
