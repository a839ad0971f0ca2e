/**
 * Stands between a tool and the server: adds the caller's credentials and the state that a request needs, so that the payloads reach
 * the operation, and looks at every answer. Listens on loopback and forwards to the one server, so no tool needs credentials or TLS.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Problem } from '@holdfast/contract'
import type { Headers } from './ground.ts'

export interface Caller {
  headers: () => Headers
  /** Called for an answer that says the caller is used up (a session that ended, a guess too many); then the request is sent once more. */
  renew?: (code: string) => Promise<void>
}

export interface Attacked {
  url: string
  ca: string
  caller: Caller
  /** Gives a request fresh ids and addresses before it is sent. */
  freshen?: (path: string, body: string) => Promise<{ path: string; body: string }>
}

export interface Gateway {
  url: string
  /** Answers by status and code. */
  answers: Map<string, number>
  /** Answers that should never be: failures of ours, undeclared shapes, our inside shown. */
  wrong: string[]
  close: () => Promise<void>
}

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

const renewing = new Set([
  'unauthenticated',
  'step_up_required',
  'no_session',
  'rate_limited',
  'too_many_keys',
  'too_many_factors',
])
const inside = /node_modules|\.ts:\d+|at async |syntax error at|unterminated quoted|pg_catalog|SQLSTATE/i
/** `write_conflict` and the like are declared; `internal` is a failure of ours. */
const failures = new Set(['internal', 'overloaded', 'dependency_unavailable'])

const unsendable = new Set(['ERR_UNESCAPED_CHARACTERS', 'ERR_INVALID_CHAR'])

const bodyOf = async (stream: AsyncIterable<unknown>): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** A stream of events does not end by itself: what came until it was quiet. */
const quietMs = 200
const eventsOf = (answer: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const done = (): void => {
      resolve(Buffer.concat(parts))
      answer.destroy()
    }
    let quiet: NodeJS.Timeout | null = null
    answer.on('data', (part: Buffer) => {
      parts.push(part)
      if (quiet) clearTimeout(quiet)
      quiet = setTimeout(done, quietMs)
    })
    answer.on('end', done).on('error', reject)
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Refusals that a standard gives another shape, by all the names they may have: SCIM (RFC 7644 §3.12) and OAuth (RFC 6749 §5.2). */
const byStandard = [
  ['application/scim+json', ['schemas', 'status', 'scimType', 'detail']],
  ['application/json', ['error']],
] as const

const isRefusalOf = (type: string, names: readonly string[], { headers }: Answer, text: string): boolean => {
  const body = headers['content-type']?.startsWith(type) ? parsed(text) : null
  return typeof body === 'object' && body !== null && Object.keys(body).every((name) => names.includes(name))
}

/** The code of a problem, or what is wrong with the answer. */
const judge = ({ status, headers, body }: Answer): { code: string; wrong: string | null } => {
  if (status < 400) return { code: 'ok', wrong: null }
  const text = body.toString()
  if (inside.test(text)) return { code: 'leak', wrong: 'the answer shows our inside' }
  if (status === 405 && text === '') return { code: 'method', wrong: null } // HEAD
  const standard = byStandard.find(([type, names]) => isRefusalOf(type, names, { status, headers, body }, text))
  if (standard) return { code: `refused as ${standard[0]}`, wrong: status >= 500 && status !== 501 ? 'a failure of ours' : null }
  if (!headers['content-type']?.startsWith('application/problem+json')) return { code: 'none', wrong: 'no problem document' }
  if (text === '') return { code: 'head', wrong: null }
  const problem = Problem.strict().safeParse(JSON.parse(text))
  if (!problem.success) return { code: 'shape', wrong: 'a problem of another shape' }
  return { code: problem.data.code, wrong: failures.has(problem.data.code) ? problem.data.code : null }
}

/** `1234 requests: 200 ok 1200, 400 invalid_input 34`. */
export const answersOf = ({ answers }: Gateway): string => {
  const counts = [...answers].toSorted((a, b) => b[1] - a[1])
  return `${counts.reduce((sum, [, count]) => sum + count, 0)} requests: ${counts.map((entry) => entry.join(' ')).join(', ')}`
}

const passedOn = [
  'content-type',
  'user-agent',
  'idempotency-key',
  'accept',
  'cookie',
  'referer',
  'x-forwarded-for',
  'authorization',
]

export const openGateway = async (attacked: Attacked): Promise<Gateway> => {
  const { hostname, port } = new URL(attacked.url)
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ca: attacked.ca })
  const answers = new Map<string, number>()
  const wrong: string[] = []

  const forward = (asked: IncomingMessage, path: string, body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const own = Object.fromEntries(passedOn.flatMap((name) => (asked.headers[name] ? [[name, asked.headers[name]]] : [])))
      const headers = { ...own, ...attacked.caller.headers(), 'content-length': Buffer.byteLength(body) }
      if (body === '') Reflect.deleteProperty(headers, 'content-length')
      const sent = request({ hostname, port, agent, method: asked.method, path, headers, timeout: 60_000 }, (answer) => {
        const whole = answer.headers['content-type']?.startsWith('text/event-stream') ? eventsOf(answer) : bodyOf(answer)
        whole.then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
      })
      sent.on('timeout', () => sent.destroy(new Error('no answer in 60 s'))).on('error', reject)
      sent.end(body)
    })

  const handle = async (asked: IncomingMessage): Promise<Answer> => {
    const given = { path: asked.url ?? '/', body: (await bodyOf(asked)).toString() }
    const { path, body } = (await attacked.freshen?.(given.path, given.body)) ?? given
    let answer = await forward(asked, path, body)
    let verdict = judge(answer)
    if (renewing.has(verdict.code) && attacked.caller.renew) {
      await attacked.caller.renew(verdict.code)
      answer = await forward(asked, path, body)
      verdict = judge(answer)
    }
    const key = `${answer.status} ${verdict.code}`
    answers.set(key, (answers.get(key) ?? 0) + 1)
    if (verdict.wrong !== null && wrong.length < 20)
      wrong.push(`${verdict.wrong}: ${asked.method} ${path.slice(0, 300)} ${body.slice(0, 500)}`)
    return answer
  }

  const server: Server = createServer((asked, reply) => {
    handle(asked).then(
      ({ status, headers, body }) => {
        const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...rest } = headers
        reply.writeHead(status, rest).end(body)
      },
      (error: unknown) => {
        // What Node will not send (a raw space in an address, a line break in a header) never leaves the gateway.
        const unsent = error instanceof Error && 'code' in error && unsendable.has(String(error.code))
        if (!unsent) wrong.push(`no answer (${String(error)}): ${asked.method} ${asked.url?.slice(0, 300)}`)
        reply.writeHead(400).end()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ answers, wrong },
    close: () =>
      new Promise((resolve) => {
        agent.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
