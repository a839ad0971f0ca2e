import { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'
import { AddressNotAllowed } from '../outbound.ts'

/** What is looked at in a provider's answer, in this order. */
export const checks = {
  answer: 'The provider’s answer belongs to this request',
  code: 'The provider took our client id, secret and redirect address',
  algorithm: 'The ID token is signed by an accepted algorithm',
  time: 'The ID token is not expired, and not from the future',
  issuer: 'It was issued by this provider',
  audience: 'It is meant for this client',
  nonce: 'It was made for this very sign-in',
  signature: 'Its signature is by one of the provider’s published keys',
  subject: 'It names the person by a lasting subject',
} as const
type Check = keyof typeof checks

/** The provider's answer was not accepted: at which check, and why, in plain words without anything secret or personal. */
export class SignOnRefused extends Error {
  readonly check: string
  /** For the ledger: nothing of what the answer said. */
  readonly recorded: string
  constructor(check: string, detail: string, cause?: unknown, recorded = detail) {
    super(detail, { cause })
    this.name = 'SignOnRefused'
    this.check = check
    this.recorded = recorded
  }
}

/** The provider could not be reached, or answered something that is no answer. */
export class ProviderUnavailable extends Error {}

/** The provider is there, and cannot be used as it is. */
export class ProviderUnfit extends Error {}

/** An OAuth error code as the provider sent it (RFC 6749 §4.1.2.1), harmless to show. */
const wordOf = (code: string): string => code.replaceAll(/[^a-z0-9_]/gi, '?').slice(0, 60)

const causeOf = (error: Error): Record<string, unknown> =>
  typeof error.cause === 'object' && error.cause !== null ? (error.cause as Record<string, unknown>) : {}

/** The library wraps what went wrong: its own words and those of the causes. */
const wordsOf = (error: unknown): string => (error instanceof Error ? `${error.message} ${wordsOf(error.cause)}` : '')

const byClaim: Readonly<Record<string, readonly [Check, string]>> = {
  iss: ['issuer', 'The ID token was issued by somebody else.'],
  aud: ['audience', 'The ID token is meant for another client. Compare the client id.'],
  azp: ['audience', 'The ID token was made for another client. Compare the client id.'],
  nonce: ['nonce', 'The ID token belongs to another sign-in.'],
  exp: ['time', 'The ID token is expired. Compare the clocks of both servers.'],
  nbf: ['time', 'The ID token is not valid yet. Compare the clocks of both servers.'],
  iat: ['time', 'The ID token is from the future. Compare the clocks of both servers.'],
  auth_time: ['nonce', 'The provider did not ask the person anew.'],
}

/** From the library's code and the names it gives causes; whatever it cannot name is refused all the same. */
const ofClient = (error: ClientError): SignOnRefused => {
  const words = wordsOf(error)
  const { claim, header, parameter } = { ...causeOf(error), ...causeOf(causeOf(error) as unknown as Error) }
  const known = typeof claim === 'string' ? byClaim[claim] : undefined
  if (known) return new SignOnRefused(...known, error)
  if (error.code === 'OAUTH_KEY_SELECTION_FAILED')
    return new SignOnRefused('signature', 'The ID token names a key that the provider does not publish.', error)
  if (/signature verification/i.test(words))
    return new SignOnRefused('signature', 'The signature of the ID token is wrong.', error)
  if (header !== undefined || /\balg|crit\b|JWE/.test(words))
    return new SignOnRefused('algorithm', 'The ID token is signed in a way that is not accepted.', error)
  if (parameter !== undefined || /response parameter|"state"|"iss"/.test(words))
    return new SignOnRefused('answer', 'The answer is not that of this provider to this request.', error)
  return new SignOnRefused('code', 'The provider’s token answer is not as OpenID Connect asks for it.', error)
}

/** Node names what went wrong on the way by a code of the system, as ECONNREFUSED. */
const isOfTheWay = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  if (error instanceof AddressNotAllowed || error.name === 'TimeoutError' || error.name === 'AbortError') return true
  return ('code' in error && /^E[A-Z]+$/.test(String(error.code))) || isOfTheWay(error.cause)
}

/** What a failed exchange means. */
export const refusalOf = (error: unknown): SignOnRefused | ProviderUnavailable => {
  if (error instanceof AuthorizationResponseError)
    return new SignOnRefused('answer', `The provider refused: ${wordOf(error.error)}.`, error)
  if (error instanceof ResponseBodyError)
    return new SignOnRefused('code', `The provider did not take our request for tokens: ${wordOf(error.error)}.`, error)
  if (error instanceof WWWAuthenticateChallengeError)
    return new SignOnRefused('code', 'The provider did not take our client id and secret.', error)
  if (isOfTheWay(error) || isUntrusted(error)) return unavailableOf(error)
  if (error instanceof ClientError) return ofClient(error)
  return new SignOnRefused('answer', 'The answer could not be read.', error)
}

const untrusted = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/
const isUntrusted = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && untrusted.test(String(error.code))) || isUntrusted(error.cause))

/** What kept us from hearing the provider at all. */
export const unavailableOf = (error: unknown): ProviderUnavailable | ProviderUnfit => {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof AddressNotAllowed)
      return new ProviderUnfit('The provider’s address is inside the network of this installation, or not HTTPS.', {
        cause: error,
      })
  if (isUntrusted(error))
    return new ProviderUnfit(
      'The provider’s certificate is not valid for its name, or by an authority that nobody here trusts.',
      { cause: error },
    )
  if (isOfTheWay(error)) return new ProviderUnavailable('The provider does not answer.', { cause: error })
  if (error instanceof ClientError && /issuer/.test(JSON.stringify(causeOf(error)) + error.message))
    return new ProviderUnfit(
      'The provider calls itself by another name than this issuer. Enter it exactly as its own description does.',
      {
        cause: error,
      },
    )
  return new ProviderUnfit('There is no description of an OpenID provider at this issuer’s address.', { cause: error })
}
