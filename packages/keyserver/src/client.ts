import { Agent, request as httpsRequest } from 'node:https'
import { z } from 'zod'
import { hashBytes, maxItems, maxLeafHashes } from './requests.ts'
import { sshCalls } from './ssh/client.ts'

export type {
  HostCertificateRequest,
  SignedCertificate,
  SshAuthorities,
  SshCertificateRequest,
  SshRevocations,
  UserCertificateRequest,
} from './ssh/client.ts'

export interface KeyServerConnection {
  /** Default 127.0.0.1; must be a name or address in the server's certificate. */
  host?: string
  port: number
  /** PEM of the authority, of this client's certificate and of its private key. */
  ca: string
  cert: string
  key: string
  /** For each attempt. Default 5,000. */
  timeoutMs?: number
}

/** The key server could not be reached, did not answer in time, or cannot work now. Trying later may help. */
export class KeyServerUnavailable extends Error {}

/** The key server refused. `code` is one of its problem codes, `details` the whole problem (`size`, `index`, `errors` …). */
export class KeyServerRefused extends Error {
  readonly code: string
  readonly status: number
  readonly details: Record<string, unknown>

  constructor(status: number, details: Record<string, unknown>) {
    super(`${String(details['code'])}: ${String(details['detail'])}`)
    this.name = 'KeyServerRefused'
    this.code = String(details['code'])
    this.status = status
    this.details = details
  }
}

export type Context = Record<string, string>

const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'))
const WrapReply = z.object({ items: z.array(z.object({ wrapped: bytes, version: z.int() })) })
const UnwrapReply = z.object({ items: z.array(z.object({ plaintext: bytes, version: z.int() })) })
const RewrapReply = z.object({ items: z.array(z.object({ wrapped: bytes, version: z.int(), changed: z.boolean() })) })
const RotateReply = z.object({ ring: z.string(), version: z.int() })
const SigningReply = z.object({ name: z.string(), version: z.int(), publicKey: z.string() })
const HealthReply = z.object({ status: z.literal('ok'), adapter: z.string(), uptimeSeconds: z.number() })
const OriginReply = z.object({ size: z.int(), root: z.string(), head: z.string().nullable(), vkeys: z.array(z.string()) })
const CheckpointReply = OriginReply.extend({ note: z.string().nullable() })
const aged = { version: z.int(), createdAt: z.string(), ageDays: z.int() }
const RingReply = z.object({ ...aged, state: z.enum(['active', 'retired', 'destroyed']), destroyAt: z.string().nullable() })
const SigningKeyReply = z.object({ ...aged, publicKey: z.string(), state: z.enum(['active', 'retired']) })
const KeysReply = z.object({
  adapter: z.string(),
  rings: z.array(z.object({ name: z.string(), current: z.int(), versions: z.array(RingReply) })),
  signingKeys: z.array(z.object({ name: z.string(), current: z.int(), keys: z.array(SigningKeyReply) })),
})
/** What keys there are and how old; never a secret. Public keys are raw Ed25519 in base64. */
export type KeysReport = z.infer<typeof KeysReply>
export type OriginReport = z.infer<typeof OriginReply>

interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: unknown
  /** Whether doing it twice is as good as once, so that an attempt whose answer was lost may be repeated. */
  repeatable: boolean
}

interface Answer {
  status: number
  body: unknown
}

const attempts = 3
const pauseMs = 100

const send = (connection: KeyServerConnection, agent: Agent, { method, path, body }: Call): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers = payload ? { 'content-type': 'application/json', 'content-length': payload.length } : {}
    const { host = '127.0.0.1', port, timeoutMs = 5_000 } = connection
    const request = httpsRequest(
      { host, port, method, path, headers, agent, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) })
          } catch {
            reject(new Error('the answer is not JSON'))
          }
        })
      },
    )
    request.on('error', reject)
    request.end(payload)
  })

/** Errors by which a request surely did not reach the server. */
const neverSent = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])

const reach = async (connection: KeyServerConnection, agent: Agent, call: Call): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await send(connection, agent, call)
      if (answer.status < 500 || !call.repeatable || attempt === attempts) return answer
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      const again = neverSent.has(code ?? '') || (call.repeatable && (code === 'ECONNRESET' || code === 'EPIPE'))
      if (!again || attempt === attempts) {
        const why = code === 'ABORT_ERR' ? 'it did not answer in time' : (code ?? (cause as Error).message)
        throw new KeyServerUnavailable(`the key server cannot be reached: ${why}`, { cause })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt * attempt))
  }
}

const inBatches = async <T, R>(
  items: readonly T[],
  size: number,
  work: (batch: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> => {
  const results: R[] = []
  for (let at = 0; at < items.length; at += size) results.push(...(await work(items.slice(at, at + size))))
  return results
}

export interface CheckpointInput {
  origin: string
  /** The size that the signer has (`origin()` tells). */
  oldSize: number
  /** Entry hashes from `oldSize` on: one after another, or a list. */
  leafHashes: Uint8Array | readonly Uint8Array[]
  /** hex; null for an empty chain */
  head: string | null
  /** hex; when given the signer refuses another one */
  root?: string
}

export type KeyServerClient = ReturnType<typeof connectKeyServer>

/** No connection is made before the first call. All calls reject with `KeyServerUnavailable` or `KeyServerRefused`. */
export const connectKeyServer = (connection: KeyServerConnection) => {
  const { ca, cert, key } = connection
  const agent = new Agent({ ca, cert, key, minVersion: 'TLSv1.3', keepAlive: true, maxSockets: 8, timeout: 55_000 })

  const call = async <T extends z.ZodType>(schema: T, request: Call): Promise<z.output<T>> => {
    const { status, body } = await reach(connection, agent, request)
    if (status >= 500)
      throw new KeyServerUnavailable(`the key server answered ${status}: ${String((body as { detail?: unknown }).detail)}`)
    if (status >= 400) throw new KeyServerRefused(status, body as Record<string, unknown>)
    return schema.parse(body)
  }
  const post = <T extends z.ZodType>(schema: T, path: string, body: unknown, repeatable: boolean) =>
    call(schema, { method: 'POST', path, body, repeatable })
  const text = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  const wrappedItems = (items: readonly { wrapped: Uint8Array; context: Context }[]) =>
    items.map(({ wrapped, context }) => ({ wrapped: text(wrapped), context }))
  const done = z.object({})

  return {
    /** Wraps keys and small secrets (≤ 4096 bytes); the same context is needed to unwrap. */
    wrap: (items: readonly { plaintext: Uint8Array; context: Context }[], ring = 'tenant') =>
      inBatches(items, maxItems, async (batch) => {
        const body = { ring, items: batch.map(({ plaintext, context }) => ({ plaintext: text(plaintext), context })) }
        return (await post(WrapReply, '/v1/wrap', body, true)).items
      }),
    /** Refused with `unwrap_failed` and the `index` within its batch when one was changed or has another context. */
    unwrap: (items: readonly { wrapped: Uint8Array; context: Context }[], ring = 'tenant') =>
      inBatches(
        items,
        maxItems,
        async (batch) => (await post(UnwrapReply, '/v1/unwrap', { ring, items: wrappedItems(batch) }, true)).items,
      ),
    /** Under the current version of the ring; `changed: false` when it was already. */
    rewrap: (items: readonly { wrapped: Uint8Array; context: Context }[], ring = 'tenant') =>
      inBatches(
        items,
        maxItems,
        async (batch) => (await post(RewrapReply, '/v1/rewrap', { ring, items: wrappedItems(batch) }, true)).items,
      ),
    rotate: (ring = 'tenant') => post(RotateReply, '/v1/rotate', { ring }, false),
    /** After everything was rewrapped. The version refuses at once and is destroyed after the grace; until then `restore` helps. */
    retire: async (ring: string, version: number): Promise<void> => {
      await call(done, { method: 'DELETE', path: `/v1/rings/${ring}/versions/${version}`, repeatable: true })
    },
    restore: async (ring: string, version: number): Promise<void> => {
      await post(done, `/v1/rings/${ring}/versions/${version}/restore`, {}, true)
    },
    rotateSigning: (name = 'ledger') => post(SigningReply, '/v1/signing-keys/rotate', { name }, false),
    retireSigning: async (name: string, version: number): Promise<void> => {
      await call(done, { method: 'DELETE', path: `/v1/signing-keys/${name}/versions/${version}`, repeatable: true })
    },
    keys: () => call(KeysReply, { method: 'GET', path: '/v1/keys', repeatable: true }),
    /** What the signer signed last for an origin, and the verifier keys of it; size 0 when unknown. */
    origin: (origin: string) =>
      call(OriginReply, { method: 'GET', path: `/v1/origins/${encodeURIComponent(origin)}`, repeatable: true }),
    /** Adds entries and returns the signed note. Refused with `checkpoint_size_mismatch` (`details.size`), `…_head_mismatch`, `…_root_mismatch`. */
    async checkpoint({ origin, oldSize, leafHashes, head, root }: CheckpointInput) {
      const hashes = leafHashes instanceof Uint8Array ? leafHashes : Buffer.concat(leafHashes)
      const batchBytes = maxLeafHashes * hashBytes
      for (let at = 0; ; at += batchBytes) {
        const sign = at + batchBytes >= hashes.length
        const batch = { origin, oldSize: oldSize + at / hashBytes, leafHashes: text(hashes.subarray(at, at + batchBytes)), sign }
        const body = { ...batch, head: sign ? head : null, root: sign ? (root ?? null) : null }
        const reply = await post(CheckpointReply, '/v1/checkpoint', body, false)
        if (reply.note !== null) return { ...reply, note: reply.note }
      }
    },
    ...sshCalls({
      call: (schema, method, path, body, repeatable) => call(schema, { method, path, body, repeatable }),
      refused: (status, problem) => new KeyServerRefused(status, problem),
    }),
    health: () => call(HealthReply, { method: 'GET', path: '/healthz', repeatable: true }),
    close: () => agent.destroy(),
  }
}
