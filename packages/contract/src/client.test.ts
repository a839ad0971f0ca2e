import { describe, expect, it } from 'vitest'
import { createClient, ProblemError, requestOf } from './client.ts'
import { operations } from './operations.ts'

const id = 'po_01j9zq4w7e8r9t0v1x2y3z4a5b'
const json = (body: unknown, init: ResponseInit = {}) => new Response(JSON.stringify(body), init)

/** A fetch that answers once and keeps what it was asked. */
const answering = (response: Response) => {
  const asked: { url: string; init: RequestInit }[] = []
  const fetch = async (url: string | URL | Request, init: RequestInit = {}) => {
    asked.push({ url: url instanceof Request ? url.url : url.toString(), init })
    return response
  }
  return { asked, fetch: fetch as typeof globalThis.fetch }
}

describe('requestOf', () => {
  it('puts path fields into the path and the rest of a command into the body', () => {
    expect(requestOf(operations.policy.retire, { id, reason: 'Merged' })).toEqual({
      method: 'POST',
      path: `/api/v1/policies/${id}/retire`,
      body: '{"reason":"Merged"}',
    })
  })

  it('puts the rest of a query into the query string, without what is undefined', () => {
    expect(requestOf(operations.policy.list, { limit: 10, search: 'a&b=c', state: undefined })).toEqual({
      method: 'GET',
      path: '/api/v1/policies?limit=10&search=a%26b%3Dc',
    })
  })

  it('has no question mark without a query', () => {
    expect(requestOf(operations.ledger.head, {})).toEqual({ method: 'GET', path: '/api/v1/ledger/head' })
  })

  it('sends a query with a secret in a body', () => {
    expect(requestOf(operations.invitation.preview, { token: 'x'.repeat(43) })).toEqual({
      method: 'POST',
      path: '/api/v1/invitations/preview',
      body: JSON.stringify({ token: 'x'.repeat(43) }),
    })
  })

  it('lets no path field leave its place', () => {
    expect(requestOf(operations.policy.read, { id: '../members?x=1#' }).path).toBe('/api/v1/policies/..%2Fmembers%3Fx%3D1%23')
  })

  it('sends an empty object for a command without input, since it is JSON all the same', () => {
    expect(requestOf(operations.ledger.checkpoint, {}).body).toBe('{}')
  })
})

describe('call', () => {
  it('answers with the value and the number of the entry', async () => {
    const { asked, fetch } = answering(json({ id, reminded: 3 }, { headers: { 'Holdfast-Ledger-Seq': '4821' } }))
    const client = createClient({ baseUrl: 'https://h.test', fetch, headers: () => ({ authorization: 'Bearer k' }) })
    const answer = await client.call(operations.policy.remind, { id: id as never }, { idempotencyKey: 'key-1' })
    expect(answer).toEqual({ value: { id, reminded: 3 }, ledgerSeq: 4821 })
    expect(asked[0]?.url).toBe(`https://h.test/api/v1/policies/${id}/remind`)
    expect(asked[0]?.init.headers).toEqual({
      authorization: 'Bearer k',
      'content-type': 'application/json',
      'idempotency-key': 'key-1',
    })
  })

  it('has no entry number for a query', async () => {
    const { asked, fetch } = answering(json({ needed: false, demo: false }))
    expect(await createClient({ baseUrl: '', fetch }).call(operations.setup.state, {})).toEqual({
      value: { needed: false, demo: false },
      ledgerSeq: null,
    })
    expect(asked[0]?.init.headers).toEqual({})
  })

  it('throws the problem with its code and how long to wait', async () => {
    const problem = {
      type: '/problems/rate_limited',
      title: 'Too many requests.',
      status: 429,
      code: 'rate_limited',
      instance: 'r1',
    }
    const { fetch } = answering(json(problem, { status: 429, headers: { 'Retry-After': '7' } }))
    const failure = await createClient({ baseUrl: '', fetch })
      .call(operations.setup.state, {})
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ProblemError)
    expect(failure).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 7, problem, message: 'Too many requests.' })
  })

  it.each(['<html>bad gateway</html>', '[]', '"text"', ''])('makes a problem of an answer that is none: %s', async (body) => {
    const { fetch } = answering(new Response(body, { status: 502 }))
    const failure = await createClient({ baseUrl: '', fetch })
      .call(operations.setup.state, {})
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'internal', retryAfterSeconds: null, problem: { status: 502 } })
  })

  it('lets network failures through as they are', async () => {
    const broken = new TypeError('fetch failed')
    const fetch = () => Promise.reject(broken)
    await expect(createClient({ baseUrl: '', fetch }).call(operations.setup.state, {})).rejects.toBe(broken)
  })
})
