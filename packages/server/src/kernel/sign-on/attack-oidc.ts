import { createSecretKey } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import type { guardedFetch } from '../outbound-fetch.ts'
import { flawsAmong, type Attack } from './attack.ts'
import type { OidcConnection, OidcProviders } from './oidc.ts'
import type { SignOnRequest } from './request.ts'

const issuer = 'https://provider.invalid'
const clientId = 'self-test'

interface Keys {
  honest: CryptoKey
  foreign: CryptoKey
  published: JWK
}
let made: Promise<Keys> | null = null
const makeKeys = async (): Promise<Keys> => {
  const [honest, foreign] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
  const published = { ...(await exportJWK(honest.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  return { honest: honest.privateKey, foreign: foreign.privateKey, published }
}

type Claims = Record<string, unknown>
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (claims: Claims, key: Parameters<SignJWT['sign']>[0], header: object = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(key)

/** Published attacks on ID tokens (RFC 8725; OpenID Connect Core §3.1.3.7), each as the token that an attacker would have us believe. */
const attacksBy = ({ honest, foreign, published }: Keys, claims: Claims): [string, () => string | Promise<string>][] => {
  const secret = createSecretKey(Buffer.from(JSON.stringify(published)))
  const said = (changes: Claims) => () => signed({ ...claims, ...changes }, honest)
  const past = Math.floor(Date.now() / 1000) - 3_600
  return [
    ['an unsigned ID token (alg none)', () => `${encoded({ alg: 'none' })}.${encoded(claims)}.`],
    ['an ID token without its signature', async () => (await signed(claims, honest)).replace(/[^.]+$/, '')],
    ['an ID token signed with the public key as a secret', () => signed(claims, secret, { alg: 'HS256' })],
    ['an ID token by another key under the same name', () => signed(claims, foreign)],
    ['an ID token by a key that is not published', () => signed(claims, foreign, { kid: 'two' })],
    [
      'an ID token changed after it was signed',
      async () => {
        const [head, , tail] = (await signed(claims, honest)).split('.')
        return `${head}.${encoded({ ...claims, sub: 'victim' })}.${tail}`
      },
    ],
    ['an ID token for another client', said({ aud: 'another-client' })],
    ['an ID token by another provider', said({ iss: 'https://elsewhere.invalid' })],
    ['an ID token of another sign-in', said({ nonce: 'another' })],
    ['an expired ID token', said({ iat: past, exp: past + 300 })],
  ]
}

const json = (body: unknown): Response =>
  new Response(JSON.stringify(body), { status: 200, headers: { 'content-type': 'application/json' } })

/** A provider in memory that sends whatever token it is told to. */
const providerOver = (published: JWK, token: () => string) => {
  const description = {
    ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` },
    ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
    ...{ id_token_signing_alg_values_supported: ['ES256'], code_challenge_methods_supported: ['S256'] },
  }
  const answers: Record<string, () => unknown> = {
    '/.well-known/openid-configuration': () => description,
    '/keys': () => ({ keys: [published] }),
    '/token': () => ({ access_token: 'opaque', token_type: 'Bearer', expires_in: 60, id_token: token() }),
  }
  const fetch: ReturnType<typeof guardedFetch> = async (url) => {
    const answer = answers[new URL(url).pathname]
    return answer ? json(answer()) : new Response(null, { status: 404 })
  }
  return fetch
}

/** What the code that checks the answers of OpenID providers lets through, or does not though it should. `over` makes it speak by another `fetch`. */
export const oidcFlaws = async (
  over: (fetch: ReturnType<typeof guardedFetch>) => Pick<OidcProviders, 'answer'>,
  request: SignOnRequest,
  now: Date,
): Promise<{ tried: number; flaws: string[] }> => {
  const keys = await (made ??= makeKeys())
  const seconds = Math.floor(Date.now() / 1000) // the library that checks them has no other clock
  const claims = { iss: issuer, aud: clientId, sub: 'somebody', nonce: request.nonce, iat: seconds, exp: seconds + 300 }
  let token = ''
  const oidc = over(providerOver(keys.published, () => token))
  const settings = { kind: 'oidc' as const, issuer, clientId, mfaValues: [] }
  const connection: OidcConnection = { settings, secret: 'self-test', redirectUri: 'https://here.invalid/sso/callback/self-test' }
  const answerTo = (state: string) => () =>
    oidc.answer(connection, request, new URLSearchParams({ code: 'code', state, iss: issuer }).toString(), now)
  const telling =
    (make: () => string | Promise<string>, state = request.state) =>
    async () => {
      token = await make()
      return answerTo(state)()
    }
  const genuine = () => signed(claims, keys.honest)
  const attacks: Attack[] = attacksBy(keys, claims).map(([what, make]) => ({ what, answer: telling(make) }))
  return flawsAmong('a genuine ID token', telling(genuine), [
    ...attacks,
    { what: 'an answer to a request that was not made', answer: telling(genuine, `s${'A'.repeat(75)}`) },
  ])
}
