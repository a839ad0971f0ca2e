import { randomUUID } from 'node:crypto'
import { Agent, request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { readEvents } from './event-stream.ts'
import {
  AgentState,
  Change,
  Enrolment,
  OpenedRecording,
  RenewedCertificate,
  type Chunk,
  type RecordingEnd,
  type RecordingFacts,
  type Report,
} from './wire.ts'

export interface Hearing {
  open: () => void
  /** Null: something has changed, and what came along cannot be read. */
  changed: (change: Change | null) => void
}

export interface ServerClient {
  enrol(input: { token: string; hostPublicKey: string; agentVersion: string }): Promise<Enrolment>
  /** With how long it took, for the clock. */
  state(): Promise<{ state: AgentState; roundTripMs: number }>
  /** `idempotencyKey`: of what must not be told twice. */
  report(report: Report, idempotencyKey: string | null): Promise<void>
  renewHostCertificate(hostPublicKey: string): Promise<string>
  openRecording(facts: RecordingFacts): Promise<OpenedRecording>
  appendRecording(id: string, chunk: Chunk): Promise<void>
  endRecording(id: string, end: RecordingEnd): Promise<void>
  /** Holds the event stream until it ends, however that happens; never throws. */
  follow(on: Hearing, signal: AbortSignal): Promise<void>
  close(): void
}

/** The server answered, and not as hoped. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface ServerAddress {
  /** `https://host:port` */
  server: string
  /** PEM; the only authority whose server certificate is believed. Null for those that Node trusts. */
  authority: string | null
  agentKey: string | null
  /** From which of this host's IPv4 addresses; unset: the system chooses. */
  localAddress?: string
}

const attemptMs = 10_000
const maxBytes = 64 * 1024 * 1024
/** Two heartbeats of 15 s missed, and a little. */
const silenceMs = 35_000

const Refusal = z.object({ code: z.string(), detail: z.string().optional() })

const readJson = async (response: IncomingMessage): Promise<unknown> => {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) response.destroy(new Error('the answer is too long'))
  })
  const body = await text(response)
  const status = response.statusCode ?? 0
  const json: unknown = (() => {
    try {
      return body === '' ? {} : JSON.parse(body)
    } catch {
      return null
    }
  })()
  if (status >= 200 && status < 300) return json
  const { success, data } = Refusal.safeParse(json)
  const code = success ? data.code : 'not_holdfast'
  throw new ServerRefused(
    status,
    code,
    `the server answered ${status} ${code}${success && data.detail ? `: ${data.detail}` : ''}`,
  )
}

export const connectServer = ({ server, authority, agentKey, localAddress }: ServerAddress): ServerClient => {
  const origin = new URL(server)
  if (origin.protocol !== 'https:') throw new TypeError('the server is reached by https')
  const tls = {
    ...(authority !== null && { ca: authority }),
    ...(localAddress !== undefined && { localAddress, family: 4 }),
  }
  // One connection stays open between requests: the server holds one for each of its hosts, beside the stream.
  const agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 1, ...tls })
  const send = (method: string, path: string, options: RequestOptions, body?: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = {
        accept: 'application/json',
        // Without a key the server wants to know that no other site sent us.
        ...(agentKey === null ? { origin: origin.origin } : { authorization: `Bearer ${agentKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...options.headers,
      }
      const url = new URL(`/api/v1${path}`, origin)
      const sent = request(url, { method, agent, ...tls, ...options, headers, rejectUnauthorized: true }, resolve)
      sent.on('error', reject)
      sent.end(body)
    })
  const call = async (method: string, path: string, input?: unknown, key: string | null = randomUUID()): Promise<unknown> => {
    const headers = method === 'POST' && key !== null ? { 'idempotency-key': key } : {}
    const options = { signal: AbortSignal.timeout(attemptMs), headers }
    return readJson(await send(method, path, options, input === undefined ? undefined : JSON.stringify(input)))
  }
  return {
    enrol: async (input) => Enrolment.parse(await call('POST', '/agent/enrol', input)),
    async state() {
      const began = performance.now()
      const state = AgentState.parse(await call('GET', '/agent/state'))
      return { state, roundTripMs: performance.now() - began }
    },
    async report(report, idempotencyKey) {
      await call('POST', '/agent/report', report, idempotencyKey)
    },
    renewHostCertificate: async (hostPublicKey) =>
      RenewedCertificate.parse(await call('POST', '/agent/host-certificate', { hostPublicKey })).hostCertificate,
    openRecording: async (facts) => OpenedRecording.parse(await call('POST', '/agent/recordings', facts)),
    async appendRecording(id, chunk) {
      await call('POST', `/agent/recordings/${id}/chunks`, chunk)
    },
    async endRecording(id, end) {
      await call('POST', `/agent/recordings/${id}/end`, end)
    },
    follow: (on, signal) => follow((options) => send('GET', '/agent/events?state=along', options), on, signal),
    close: () => agent.destroy(),
  }
}

const changeIn = (data: string | null): Change | null => {
  if (data === null) return null
  try {
    return Change.safeParse(JSON.parse(data)).data ?? null
  } catch {
    return null
  }
}

const follow = async (
  open: (options: RequestOptions) => Promise<IncomingMessage>,
  on: Hearing,
  signal: AbortSignal,
): Promise<void> => {
  const silent = new AbortController()
  let timer = setTimeout(() => silent.abort(), attemptMs)
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(), silenceMs)
  }
  try {
    const headers = { accept: 'text/event-stream' }
    // A connection of its own: it is held for hours.
    const response = await open({ agent: false, headers, signal: AbortSignal.any([signal, silent.signal]) })
    if (response.statusCode !== 200) return void response.resume()
    heard()
    on.open()
    const read = readEvents(({ event, data }) => {
      if (event === 'changed') on.changed(changeIn(data))
    })
    for await (const chunk of response.setEncoding('utf8')) {
      heard()
      read(String(chunk))
    }
  } catch {
    // However it ended, polling takes over until the next attempt.
  } finally {
    clearTimeout(timer)
  }
}
