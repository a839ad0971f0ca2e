/** OAuth client credentials (RFC 6749 §4.4), for directories that want a token of their own every hour. */
import { createApiKey, equalTokens, hashToken } from '@holdfast/crypto'
import { DirectoryCredentialId, type OrgId } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { handlePublic } from '../../kernel/handle.ts'
import type { EdgeOptions } from '../../kernel/http/edge.ts'
import { rateHeaders, rateProblem } from '../../kernel/http/rate-limit.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { problemOf } from '../../kernel/problem.ts'
import { run } from '../../kernel/run.ts'
import { accessTokenSeconds } from './rules.ts'
import { scim } from './scim/operations.ts'
import './table.ts'

interface ClientRow {
  org_id: OrgId
  directory_id: string
  kind: string
  secret_hash: Buffer
  expires_at: Date
  live: boolean
}

const nobodysHash = Buffer.alloc(32)

/** Tokens that have run out go when the next one is made, so that there are never more than an hour's. */
export const giveToken = handlePublic(scim.token, async ({ client_id: clientId, client_secret: secret }, context) => {
  const { gate, enter, now, fail } = context
  const row = await gate.find<ClientRow>('gate_directory', clientId)
  const genuine = equalTokens(row?.secret_hash ?? nobodysHash, hashToken(secret))
  if (!row || !genuine || row.kind !== 'client' || !row.live || row.expires_at <= now) throw fail('client_refused')
  const actor = { type: 'directory', id: row.directory_id, session: clientId, via: 'scim' }
  const { tx } = enter(row.org_id, null, actor)
  const over = tx.deleteFrom('directoryCredential').where('kind', '=', 'access').where('clientId', '=', clientId)
  await over.where('expiresAt', '<', now).execute()
  const id = newIdOf(DirectoryCredentialId, 'dc')
  const { key, secretHash } = createApiKey(id)
  const lives = Math.min(accessTokenSeconds, Math.floor((row.expires_at.getTime() - now.getTime()) / 1000))
  await tx
    .insertInto('directoryCredential')
    .values({
      ...{ id, directoryId: row.directory_id, kind: 'access', clientId, issuedBy: null, secretHash, createdAt: now },
      ...{ expiresAt: new Date(now.getTime() + lives * 1000), lastUsedAt: null, revokedAt: null },
    })
    .execute()
  return { access_token: key, token_type: 'Bearer' as const, expires_in: lives }
})

const basicOf = (request: FastifyRequest): { client_id: string; client_secret: string } | null => {
  const encoded = /^basic (?<value>[A-Za-z0-9+/=]{1,400})$/i.exec(request.headers.authorization ?? '')?.groups?.['value']
  if (encoded === undefined) return null
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2)
  try {
    return { client_id: decodeURIComponent(id), client_secret: decodeURIComponent(secret) } // RFC 6749 §2.3.1
  } catch {
    return null
  }
}

/** As OAuth writes its refusals (RFC 6749 §5.2). */
const refuse = (reply: FastifyReply, error: unknown): FastifyReply => {
  const problem = problemOf(error)
  const word = { client_refused: 'invalid_client', invalid_input: 'invalid_request' }[problem.code]
  if (problem.extras.retryAfterSeconds !== undefined) reply.header('retry-after', Math.ceil(problem.extras.retryAfterSeconds))
  const body = { error: word ?? (problem.status < 500 ? 'invalid_request' : 'temporarily_unavailable') }
  return reply.code(problem.status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(body)
}

const mostFormBytes = 4_096

/** The one address that takes a form, because OAuth says so. */
export const issueToken = (root: FastifyInstance, { path, limits }: EdgeOptions): void => {
  void root.register((app, _, done) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: mostFormBytes },
      (__, body, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    app.route({
      ...{ method: 'POST', url: '/oauth/token', bodyLimit: mostFormBytes },
      errorHandler: (error, __, reply) => void refuse(reply, error),
      handler: async (request, reply) => {
        const state = limits.byCaller(scim.token, null, request.ip)
        if (state) reply.headers(rateHeaders(state))
        if (state && state.retryAfterSeconds > 0) throw rateProblem(state)
        const { grant_type, client_id, client_secret } = (request.body ?? {}) as Record<string, unknown>
        const input = { grant_type, client_id, client_secret, ...basicOf(request) }
        const agent = (request.headers['user-agent'] ?? '').slice(0, 300)
        const { output } = await run(path, giveToken as never, input, {
          ...{
            id: request.requestId,
            origin: { address: request.ip, agent },
            principal: null,
            refreshToken: null,
            signOnToken: null,
          },
          ...{ idempotencyKey: null, signal: new AbortController().signal },
        })
        return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(output)
      },
    })
    done()
  })
}
