/** An OpenID provider that says what a test wants: the truth, or any lie. HTTPS on the loopback; nothing keeps the process running for it. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'

export interface Said {
  sub: string
  email?: string
  email_verified?: boolean
  [claim: string]: unknown
}

interface Code {
  nonce: string
  redirectUri: string
  challenge: string
  said: Said
  used: boolean
}

export interface Lies {
  /** What the ID token says otherwise. */
  claims: Record<string, unknown>
  /** Writes the whole ID token itself. */
  token: ((claims: Record<string, unknown>) => Promise<string>) | null
  /** What the description says otherwise. */
  description: Record<string, unknown>
  /** The addresses answer nothing but 503. */
  down: boolean
}

export type TestProvider = Awaited<ReturnType<typeof startProvider>>

export const clientId = 'holdfast-test'
export const clientSecret = 'a-secret-of-the-test-client'

const keyPair = async (kid: string): Promise<{ key: CryptoKey; jwk: JWK }> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } }
}

export const startProvider = async ({ cert, key }: { cert: string; key: string }) => {
  const codes = new Map<string, Code>()
  const lies: Lies = { claims: {}, token: null, description: {}, down: false }
  let keys = [await keyPair('first')]
  let issuer = ''
  let asked = 0

  const description = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    ...lies.description,
  })
  const sign = (claims: Record<string, unknown>): Promise<string> => {
    const newest = keys.at(-1)
    if (!newest) throw new Error('no key')
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: newest.jwk.kid ?? '' }).sign(newest.key)
  }
  const tokenAnswer = async (form: URLSearchParams, authorization: string | undefined): Promise<[number, unknown]> => {
    const basic = Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
    if (decodeURIComponent(basic) !== `${clientId}:${clientSecret}`) return [401, { error: 'invalid_client' }] // RFC 6749 §2.3.1
    const code = codes.get(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!code || code.used || code.challenge !== challenge || code.redirectUri !== form.get('redirect_uri'))
      return [400, { error: 'invalid_grant' }]
    code.used = true
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, aud: clientId, iat: now, exp: now + 300, nonce: code.nonce, ...code.said, ...lies.claims }
    const token = await (lies.token ?? sign)(claims)
    return [200, { access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token: token }]
  }

  const server = createServer({ cert, key }, (request, response) => {
    const parts: Buffer[] = []
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      asked++
      if (lies.down) return answer(503, {})
      const { pathname } = new URL(request.url ?? '/', issuer)
      if (pathname === '/.well-known/openid-configuration') return answer(200, description())
      if (pathname === '/keys') return answer(200, { keys: keys.map(({ jwk }) => jwk) })
      if (pathname !== '/token') return answer(404, {})
      const form = new URLSearchParams(Buffer.concat(parts).toString())
      tokenAnswer(form, request.headers.authorization).then(
        ([status, body]) => answer(status, body),
        (error: unknown) => answer(500, { error: String(error) }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    issuer,
    lies,
    /** How many requests it answered. */
    asked: () => asked,
    /** As an honest provider signs. */
    sign,
    publicKey: (): JWK => keys[0]?.jwk ?? {},
    /** From now on it signs by a new key; the old one is published no longer. */
    rotate: async (): Promise<void> => {
      keys = [await keyPair(`key-${asked}`)]
    },
    /** What the browser brings back once somebody has signed in there, as they are sent by `url`. */
    signIn: (url: string, said: Said): string => {
      const asks = new URL(url).searchParams
      const code = createHash('sha256').update(`${url}${codes.size}`).digest('base64url')
      codes.set(code, {
        nonce: asks.get('nonce') ?? '',
        redirectUri: asks.get('redirect_uri') ?? '',
        challenge: asks.get('code_challenge') ?? '',
        ...{ said, used: false },
      })
      return new URLSearchParams({ code, state: asks.get('state') ?? '', iss: issuer }).toString()
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
