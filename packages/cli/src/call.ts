import { randomUUID } from 'node:crypto'
import {
  createClient,
  eventsOf,
  ProblemError,
  type Answer,
  type Client,
  type Events,
  type InputOf,
  type Operation,
  type OutputOf,
} from '@holdfast/contract'
import { say, Unavailable, type Io } from './io.ts'
import { findServer, trust, type Server, type ServerOptions } from './server.ts'

/** A signed-in (or not) way to one server. */
export interface Connection {
  server: Server
  /** Calls an operation; tries again where that is safe. Throws {@link ProblemError} and {@link Unavailable}. */
  call: <O extends Operation>(operation: O, input: InputOf<O>) => Promise<Answer<OutputOf<O>>>
  /** Opens a download; tries again until the first byte. */
  open: (operation: Operation, input: Record<string, unknown>) => Promise<Response>
  /** Follows a stream of events until it ends, however that happens; once, and without a word. */
  listen: (operation: Events, heard: () => void, signal: AbortSignal) => Promise<void>
}

const attempts = 4
const attemptTimeoutMs = 60_000
/** Longer than this nobody waits in front of a terminal. */
const longestWaitMs = 60_000

const causeCode = (error: unknown): string => {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (cause !== undefined) return causeCode(cause)
  return typeof code === 'string' ? code : ''
}

const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^ERR_(TLS|SSL)|^EPROTO/

/** A sentence for a failure below HTTP: why, and what to do about it. */
const explain = (error: unknown, { origin, ca }: Server): string => {
  const code = causeCode(error)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${origin} showed a certificate for another name (${code})`
  if (code === 'CERT_HAS_EXPIRED') return `the certificate of ${origin} has expired (${code})`
  if (untrusted.test(code)) {
    const advice = ca === null ? 'give its authority with --ca FILE or HOLDFAST_CA' : `it is not of the authority in ${ca}`
    return `the certificate of ${origin} is not trusted (${code}): ${advice}`
  }
  if (code === 'ECONNREFUSED') return `nothing listens at ${origin} (${code}); is Holdfast running there?`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name in ${origin} is not known (${code})`
  if ((error as Error).name === 'TimeoutError') return `${origin} did not answer within ${attemptTimeoutMs / 1000} s`
  if (error instanceof SyntaxError) return `${origin} did not answer with JSON; is it a Holdfast server?`
  return `${origin} cannot be reached (${code || (error as Error).message})`
}

/** How long to wait before another attempt, in ms; null when another attempt cannot help or would not be safe. */
const waitBefore = (error: unknown, attempt: number): number | null => {
  const backoff = 400 * 2 ** attempt * (0.75 + Math.random() / 2)
  if (error instanceof ProblemError) {
    const { status } = error.problem
    const transient =
      status === 502 || status === 503 || status === 504 || status === 429 || error.code === 'idempotency_conflict'
    if (!transient) return null
    const wait = error.retryAfterSeconds === null ? backoff : error.retryAfterSeconds * 1000
    return wait > longestWaitMs ? null : wait
  }
  return error instanceof SyntaxError || untrusted.test(causeCode(error)) ? null : backoff
}

/**
 * Repeats a call until it is answered. Every attempt of a command carries the same idempotency key, so that the server carries it out once
 * even when an answer was lost on the way.
 */
const patiently = async <T>(io: Io, server: Server, attempt: () => Promise<T>): Promise<T> => {
  for (let number = 0; ; number++) {
    try {
      return await attempt()
    } catch (error) {
      const wait = number + 1 < attempts ? waitBefore(error, number) : null
      if (wait === null) throw error instanceof ProblemError ? error : new Unavailable(explain(error, server), { cause: error })
      const why = error instanceof ProblemError ? error.problem.title : explain(error, server)
      if (io.interactive) say(io, `${why} Trying again in ${Math.max(1, Math.round(wait / 1000))} s …`)
      await io.sleep(wait)
    }
  }
}

/** A redirect would carry the key elsewhere: refused. */
export const strictFetch: typeof fetch = (url, init) => fetch(url, { ...init, redirect: 'error' })

export const clientOf = (server: Server): Client =>
  createClient({
    baseUrl: server.origin,
    fetch: strictFetch,
    // Without a key the server wants to see that no other site sent us: the Origin says so.
    headers: () => ({
      'user-agent': 'holdfast-cli',
      ...(server.key === null ? { origin: server.origin } : { authorization: `Bearer ${server.key}` }),
    }),
  })

/** A connection to a server that is already known. */
export const connectTo = (io: Io, server: Server, client = clientOf(server)): Connection => {
  return {
    server,
    call: (operation, input) => {
      const idempotencyKey = operation.kind === 'command' ? { idempotencyKey: randomUUID() } : {}
      return patiently(io, server, () =>
        client.call(operation, input, { ...idempotencyKey, signal: AbortSignal.timeout(attemptTimeoutMs) }),
      )
    },
    open: (operation, input) => patiently(io, server, () => client.open(operation, input)),
    listen: async (operation, heard, signal) => {
      try {
        for await (const _ of eventsOf(operation, await client.open(operation, {}, { signal }))) heard()
      } catch {
        // Whoever waits asks by themselves.
      }
    },
  }
}

/** A connection to the server that the options, the environment or `login` name. */
export const connect = async (io: Io, options: ServerOptions): Promise<Connection> => {
  const server = await findServer(io, options)
  trust(server.ca)
  return connectTo(io, server)
}
