import type { OidcSettings } from '@holdfast/contract'
import * as client from 'openid-client'
import { guardedFetch, type FetchLimits } from '../outbound-fetch.ts'
import { ProviderUnavailable, ProviderUnfit, refusalOf, SignOnRefused, unavailableOf } from './refusal.ts'
import type { SignOnRequest } from './request.ts'

/** A connection to an OpenID provider, its secret opened for this one use. */
export interface OidcConnection {
  settings: OidcSettings
  secret: string | null
  redirectUri: string
}

/** What a provider said of somebody, after every check of the answer itself. */
export interface Asserted {
  /** What it calls them, for ever (OpenID Connect Core §5.7). */
  subject: string
  /** Of SAML: what it says the subject is. */
  nameIdFormat: string | null
  email: string | null
  /** The provider vouches for the address. */
  emailVerified: boolean
  name: string | null
  /** It confirmed a second factor. */
  mfa: boolean
  /** When it saw the person; null where it does not say. */
  authenticatedAt: Date | null
  /** What it said, for the page that tries a connection out. */
  claims: Readonly<Record<string, unknown>>
}

export interface OidcProviders {
  /** Asks the provider what it says of itself. Throws `ProviderUnavailable` or `ProviderUnfit`. */
  look: (settings: OidcSettings) => Promise<void>
  /** Where to send the browser. */
  urlFor: (connection: OidcConnection, request: SignOnRequest) => Promise<string>
  /** Exchanges the answer. Throws `SignOnRefused` with what was wrong, or `ProviderUnavailable`. */
  answer: (connection: OidcConnection, request: SignOnRequest, parameters: string, now: Date) => Promise<Asserted>
}

/** Asymmetric signatures only: a secret that both sides know proves nothing (RFC 8725 §3.1). */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const toleranceSeconds = 30
const timeoutSeconds = 8
const rememberedMs = 300_000
const rememberedAtMost = 500

const isHttps = (url: string | undefined): boolean => url !== undefined && URL.canParse(url) && new URL(url).protocol === 'https:'

/** Why a provider cannot be used, in plain words; null when it can. */
const unfitness = (issuer: string, server: client.ServerMetadata): string | null => {
  if (server.issuer !== issuer) return `The provider calls itself ${server.issuer.slice(0, 300)}. Enter exactly that.`
  if (![server.authorization_endpoint, server.token_endpoint, server.jwks_uri].every(isHttps))
    return 'The provider does not name its addresses for signing in, for tokens and for keys, all by HTTPS.'
  if (server.response_types_supported?.includes('code') === false)
    return 'The provider does not offer the authorisation code flow.'
  if (server.code_challenge_methods_supported?.includes('S256') === false) return 'The provider does not offer PKCE with S256.'
  const offered = server.id_token_signing_alg_values_supported
  if (offered && !offered.some((name) => algorithms.includes(name)))
    return 'The provider signs ID tokens by none of the algorithms that are accepted. RS256 or ES256 would do.'
  return null
}

const authOf = (server: client.ServerMetadata, secret: string | null): client.ClientAuth => {
  if (secret === null) return client.None()
  // Basic is what is meant where nothing is said (OpenID Connect Discovery §3); in the form no two sides disagree about how to escape it.
  const post = server.token_endpoint_auth_methods_supported?.includes('client_secret_post') ?? false
  return post ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret)
}

const textIn = (claims: Readonly<Record<string, unknown>>, name: string): string | null => {
  const value = claims[name]
  return typeof value === 'string' && value !== '' && value.length <= 500 ? value : null
}

/** `email_verified`, or `xms_edov` as Microsoft Entra has it. */
const verifiedIn = (claims: Readonly<Record<string, unknown>>): boolean =>
  ['email_verified', 'xms_edov'].some((name) => [true, 'true', 1, '1'].includes(claims[name] as never))

const mfaIn = (claims: Readonly<Record<string, unknown>>, { mfaValues }: OidcSettings): boolean => {
  const amr = Array.isArray(claims['amr']) ? claims['amr'] : []
  return amr.includes('mfa') || (typeof claims['acr'] === 'string' && mfaValues.includes(claims['acr']))
}

const assertedIn = (claims: Readonly<Record<string, unknown>>, settings: OidcSettings, now: Date): Asserted => {
  const subject = claims['sub']
  // OpenID Connect Core §2: at most 255 ASCII characters.
  if (typeof subject !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(subject))
    throw new SignOnRefused('subject', 'The provider’s name for the person is none that can be kept.')
  const seconds = claims['auth_time']
  const seen = typeof seconds === 'number' && Number.isFinite(seconds) ? new Date(Math.min(seconds * 1000, now.getTime())) : null
  return {
    ...{ subject, nameIdFormat: null },
    email: textIn(claims, 'email'),
    emailVerified: verifiedIn(claims),
    name: textIn(claims, 'name'),
    mfa: mfaIn(claims, settings),
    authenticatedAt: seen,
    claims,
  }
}

/** Speaks with OpenID providers, over HTTPS and never to an address inside, unless the operator allows it. */
export const createOidcProviders = (limits: FetchLimits, clock: () => number = Date.now): OidcProviders =>
  oidcOver(guardedFetch(limits), clock)

/** The same by any `fetch`: every check of an answer is here, whatever it came by. */
export const oidcOver = (by: ReturnType<typeof guardedFetch>, clock: () => number = Date.now): OidcProviders => {
  const fetch = by as unknown as client.CustomFetch
  const known = new Map<string, { until: number; server: Promise<client.ServerMetadata> }>()

  const discover = async (issuer: string): Promise<client.ServerMetadata> => {
    try {
      const found = await client.discovery(new URL(issuer), 'none', undefined, client.None(), {
        [client.customFetch]: fetch,
        timeout: timeoutSeconds,
      })
      return found.serverMetadata()
    } catch (error) {
      throw unavailableOf(error)
    }
  }
  const serverOf = async (issuer: string): Promise<client.ServerMetadata> => {
    const held = known.get(issuer)
    const fresh = held && held.until > clock() ? held : { until: clock() + rememberedMs, server: discover(issuer) }
    if (fresh !== held) {
      known.delete(issuer)
      known.set(issuer, fresh)
      const oldest = known.size > rememberedAtMost ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
      fresh.server.catch(() => known.delete(issuer))
    }
    const server = await fresh.server
    const unfit = unfitness(issuer, server)
    if (unfit !== null) throw new ProviderUnfit(unfit)
    return server
  }
  /** With keys of its own: each answer is checked by the keys that the provider has now. */
  const configurationFor = async ({ settings, secret }: OidcConnection): Promise<client.Configuration> => {
    if (settings.clientId === null) throw new ProviderUnfit('The client id is not known yet.')
    const server = await serverOf(settings.issuer)
    const offered = server.id_token_signing_alg_values_supported ?? algorithms
    const narrowed = { ...server, id_token_signing_alg_values_supported: offered.filter((name) => algorithms.includes(name)) }
    const metadata = { [client.clockTolerance]: toleranceSeconds }
    const configuration = new client.Configuration(narrowed, settings.clientId, metadata, authOf(server, secret))
    configuration[client.customFetch] = fetch
    configuration.timeout = timeoutSeconds
    // Without this the signature of what came by TLS from the provider itself would not be looked at.
    client.enableNonRepudiationChecks(configuration)
    return configuration
  }

  return {
    look: async ({ issuer }) => {
      known.delete(issuer)
      await serverOf(issuer)
    },
    urlFor: async (connection, { purpose, state, nonce, verifier }) => {
      const url = client.buildAuthorizationUrl(await configurationFor(connection), {
        redirect_uri: connection.redirectUri,
        scope: 'openid email profile',
        ...{ state, nonce, code_challenge_method: 'S256' },
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        ...(purpose === 'again' && { prompt: 'login', max_age: '0' }),
      })
      return url.href
    },
    answer: async (connection, request, parameters, now) => {
      const configuration = await configurationFor(connection)
      const url = new URL(connection.redirectUri)
      url.search = parameters
      const age = Math.max(0, Math.floor((now.getTime() - request.issuedAt.getTime()) / 1000))
      try {
        const tokens = await client.authorizationCodeGrant(configuration, url, {
          ...{ expectedState: request.state, expectedNonce: request.nonce, pkceCodeVerifier: request.verifier },
          idTokenExpected: true,
          // Seen since we asked, not before.
          ...(request.purpose === 'again' && { maxAge: age }),
        })
        const token: Record<string, unknown> = { ...tokens.claims() }
        const asked = token['email'] === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
        const more = asked ? await client.fetchUserInfo(configuration, tokens.access_token, String(token['sub'])) : {}
        return assertedIn({ ...more, ...token }, connection.settings, now)
      } catch (error) {
        if (error instanceof SignOnRefused || error instanceof ProviderUnavailable) throw error
        throw refusalOf(error)
      }
    },
  }
}
