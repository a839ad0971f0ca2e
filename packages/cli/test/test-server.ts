import { writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { allOperations, apiBase, commonProblems, methodOf, type Operation } from '@holdfast/contract'
import { ensureLocalAuthority, issueCertificate } from '@holdfast/keyserver/certificates'
import { scratch } from './terminal.ts'

/** What the server was asked. */
export interface Asked {
  operation: string
  input: Record<string, unknown>
  headers: IncomingHttpHeaders
}

export interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: unknown
  /** Takes the response over: to stream, or to break off. */
  raw?: (response: ServerResponse) => void
}

type Handler = (asked: Asked, times: number) => Answer

const matching = (method: string, path: string): { operation: Operation; fields: Record<string, string> } | null => {
  for (const operation of allOperations) {
    const pattern = new RegExp(`^${apiBase}${operation.path.replace(/:([A-Za-z]+)/g, '(?<$1>[^/]+)')}$`)
    const match = methodOf(operation) === method ? pattern.exec(path) : null
    if (match) return { operation, fields: { ...match.groups } }
  }
  return null
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>) : {}
}

/** A refusal as the server writes it. */
export const problem = (
  code: string,
  status: number,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: { type: `/problems/${code}`, title: `Title of ${code}.`, status, code, instance: 'req_7', ...more },
})

/** An HTTPS server with a certificate of its own authority that answers operations of the contract by their handlers. */
export const startTestServer = async (handlers: Record<string, Handler>) => {
  const home = scratch()
  const authority = await ensureLocalAuthority(home)
  const leaf = await issueCertificate({ authority, commonName: 'localhost', dnsNames: ['localhost'], usage: 'server' })
  const ca = join(home, 'ca.pem')
  writeFileSync(ca, authority.certificatePem)
  const asked: Asked[] = []

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'https://localhost')
    const found = matching(request.method ?? '', url.pathname)
    if (!found) return problem('route_not_found', commonProblems.route_not_found)
    const input = { ...Object.fromEntries(url.searchParams), ...(await bodyOf(request)), ...found.fields }
    const { name } = found.operation
    const question = { operation: name, input, headers: request.headers }
    asked.push(question)
    const handler = handlers[name]
    return handler ? handler(question, asked.filter(({ operation }) => operation === name).length) : problem('forbidden', 403)
  }

  const server = createServer({ key: leaf.privateKeyPem, cert: leaf.certificatePem }, (request, response) => {
    void answer(request).then(({ status = 200, headers = {}, body, raw }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      if (raw) raw(response)
      else response.end(JSON.stringify(body))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const url = `https://localhost:${port}`
  return {
    url,
    ca,
    home,
    asked,
    handlers,
    /** The environment of somebody who is signed in. */
    env: { HOLDFAST_URL: url, HOLDFAST_CA: ca, HOLDFAST_API_KEY: `hf_ak_01j9zq4w7e8r9t0v1x2y3z4a5b.${'s'.repeat(43)}` },
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>
