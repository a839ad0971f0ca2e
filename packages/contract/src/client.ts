import { apiBase, methodOf, pathFields, type CodesOf, type InputOf, type Operation, type OutputOf } from './operation.ts'
import type { CommonCode, Problem } from './problem.ts'

/** A refusal from the server: `code` is one of the operation's own, or a common one. */
export class ProblemError<Code extends string = string> extends Error {
  readonly problem: Problem
  readonly code: Code | CommonCode
  readonly retryAfterSeconds: number | null
  constructor(problem: Problem, retryAfterSeconds: number | null) {
    super(problem.detail ?? problem.title)
    this.name = 'ProblemError'
    this.problem = problem
    this.code = problem.code as Code | CommonCode
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What a command recorded: the number of its ledger entry, or null for a query. */
export interface Answer<T> {
  value: T
  ledgerSeq: number | null
}

export interface ClientOptions {
  /** Such as `https://localhost:8443`; empty for the page's own origin. */
  baseUrl: string
  fetch: typeof globalThis.fetch
  headers?: () => Record<string, string>
}

export interface CallOptions {
  idempotencyKey?: string
  signal?: AbortSignal
}

export interface Client {
  call: <O extends Operation>(operation: O, input: InputOf<O>, options?: CallOptions) => Promise<Answer<OutputOf<O>>>
  /** The raw response of a download, for streaming. */
  open: (operation: Operation, input: Record<string, unknown>, options?: CallOptions) => Promise<Response>
}

/** Where a call goes: path parameters filled in, the rest in the query string (GET) or the JSON body (POST). */
export const requestOf = (
  operation: Operation,
  input: Record<string, unknown>,
): { method: 'GET' | 'POST'; path: string; body?: string } => {
  const inPath = new Set(pathFields(operation.path))
  const path = operation.path.replace(/:([A-Za-z]+)/g, (_, field: string) => encodeURIComponent(String(input[field])))
  const rest = Object.entries(input).filter(([field, value]) => !inPath.has(field) && value !== undefined)
  const method = methodOf(operation)
  if (method === 'POST') return { method, path: apiBase + path, body: JSON.stringify(Object.fromEntries(rest)) }
  const query = new URLSearchParams(rest.map(([field, value]): [string, string] => [field, String(value)])).toString()
  return { method, path: apiBase + path + (query && `?${query}`) }
}

const problemOf = async (response: Response): Promise<ProblemError> => {
  const retryAfter = Number(response.headers.get('retry-after'))
  const body: unknown = await response.json().catch(() => null)
  const problem: Problem =
    typeof body === 'object' && body !== null && 'code' in body
      ? (body as Problem)
      : {
          type: 'about:blank',
          title: `The server answered ${response.status}.`,
          status: response.status,
          code: 'internal',
          instance: '',
        }
  return new ProblemError(problem, retryAfter > 0 ? retryAfter : null)
}

/** A typed client over any fetch. Throws {@link ProblemError} for refusals; network failures pass through. */
export const createClient = ({ baseUrl, fetch, headers }: ClientOptions): Client => {
  const open: Client['open'] = async (operation, input, options = {}) => {
    const { method, path, body } = requestOf(operation, input)
    const response = await fetch(baseUrl + path, {
      method,
      credentials: 'same-origin',
      headers: {
        ...headers?.(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
      },
      ...(body !== undefined && { body }),
      ...(options.signal && { signal: options.signal }),
    })
    if (!response.ok) throw await problemOf(response)
    return response
  }
  return {
    open,
    call: async <O extends Operation>(operation: O, input: InputOf<O>, options?: CallOptions) => {
      const response = await open(operation, input as Record<string, unknown>, options)
      const seq = response.headers.get('holdfast-ledger-seq')
      return { value: (await response.json()) as OutputOf<O>, ledgerSeq: seq === null ? null : Number(seq) }
    },
  }
}

export type RefusalOf<O extends Operation> = ProblemError<CodesOf<O>>
