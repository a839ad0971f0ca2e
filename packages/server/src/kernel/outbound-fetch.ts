import { request } from 'node:https'
import { AddressNotAllowed, isInsideLiterally, lookupFor } from './outbound.ts'

export interface FetchLimits {
  /** For installations whose provider is on the same network. */
  allowInside: boolean
  /** PEM of an authority to be trusted beside the system's; null: none. */
  ca: readonly string[] | null
}

interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
}

const answerBytes = 512 * 1024
const timeoutMs = 8_000
/** Those may have no body (Fetch §2.2.6). */
const bodiless = [204, 205, 304]

const textOf = (body: unknown): string => {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string') return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new Error('only text and forms are sent')
}

/** `fetch` for what a tenant names: HTTPS only, no address inside, no redirect followed, no answer above 512 KiB, eight seconds at most. */
export const guardedFetch =
  ({ allowInside, ca }: FetchLimits) =>
  (url: string, { method = 'GET', headers = {}, body, signal }: Asked = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      if (new URL(url).protocol !== 'https:') return reject(new AddressNotAllowed('only https is spoken'))
      if (!allowInside && isInsideLiterally(url)) return reject(new AddressNotAllowed(new URL(url).hostname))
      const text = textOf(body)
      const limit = AbortSignal.timeout(timeoutMs)
      const sending = request(
        url,
        {
          method,
          headers: { ...headers, ...(text !== '' && { 'content-length': Buffer.byteLength(text) }) },
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
          agent: false,
          lookup: lookupFor(allowInside),
          ...(ca !== null && { ca: [...ca] }),
        },
        (response) => {
          const pieces: Buffer[] = []
          let size = 0
          response.on('data', (piece: Buffer) => {
            size += piece.length
            if (size > answerBytes) sending.destroy(new Error('the answer is too large'))
            else pieces.push(piece)
          })
          response.once('error', reject)
          response.once('end', () => {
            const status = response.statusCode ?? 502
            const type = response.headers['content-type']
            const whole = bodiless.includes(status) ? null : Buffer.concat(pieces)
            resolve(new Response(whole, { status, ...(type !== undefined && { headers: { 'content-type': type } }) }))
          })
        },
      )
      sending.once('error', reject)
      sending.end(text)
    })
