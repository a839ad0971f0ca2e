import type { SamlProvider, SamlSettings } from '@holdfast/contract'
import {
  createValidator,
  MetadataRefused,
  readCertificate,
  readProviderMetadata,
  signedRequestUrl,
  type Accepted,
  type Certificate,
  type Check,
  type Validator,
} from '@holdfast/saml'
import { guardedFetch, type FetchLimits } from '../outbound-fetch.ts'
import type { Asserted } from './oidc.ts'
import { ProviderUnavailable, ProviderUnfit, SignOnRefused, unavailableOf } from './refusal.ts'
import type { SignOnRequest } from './request.ts'

/** A connection to a SAML provider, its key opened for this one use. */
export interface SamlConnection {
  settings: SamlSettings
  privateKey: string | null
  entityId: string
  acsUrl: string
}

export interface SamlProviders {
  /** Where to send the browser: our request, signed. Throws `ProviderUnfit` where the provider is not known yet. */
  urlFor: (connection: SamlConnection, request: SignOnRequest) => string
  /** Throws `SignOnRefused` with what was wrong. `isNew` notes an assertion as used, and says whether it was not before. */
  answer: (
    connection: SamlConnection,
    request: SignOnRequest,
    parameters: string,
    now: Date,
    isNew: (assertionId: string, until: Date) => Promise<boolean>,
  ) => Promise<Asserted>
  /** What the metadata says. Throws `ProviderUnavailable` or `ProviderUnfit`. */
  read: (metadata: { url?: string | undefined; xml?: string | undefined }) => Promise<SamlProvider>
  close: () => Promise<void>
}

/** What is looked at in a response, in this order. */
export const samlChecks = {
  readable: 'It is a response that can be read, and not too large',
  status: 'The provider says that it signed the person in',
  encrypted: 'It is not encrypted',
  structure: 'It holds one assertion and nothing beside',
  signed: 'The assertion is signed',
  algorithm: 'It is signed by accepted algorithms',
  certificate: 'The certificate is valid now',
  signature: 'The signature is by a certificate of this connection',
  issuer: 'It was issued by this provider',
  profile: 'It is one of web sign-on (SAML 2.0, bearer)',
  address: 'It was made for our address',
  request: 'It answers this very sign-in, for the first time',
  expiry: 'It was made just now, and has not expired',
  audience: 'It is meant for us',
  authentication: 'It says when the person signed in there',
  subject: 'It names one person by a lasting NameID',
  format: 'The NameID has the format that was asked for',
} as const

const groups: Readonly<Record<Check, keyof typeof samlChecks>> = {
  ...{ size: 'readable', encoding: 'readable', markup: 'readable', elements: 'readable', depth: 'readable' },
  ...{ well_formed: 'readable', time_limit: 'readable', busy: 'readable', status: 'status', encrypted: 'encrypted' },
  ...{ structure: 'structure', signature_missing: 'signed', algorithm: 'algorithm', certificate: 'certificate' },
  ...{ signature: 'signature', issuer: 'issuer', version: 'profile', confirmation: 'profile', destination: 'address' },
  ...{ recipient: 'address', request: 'request', expiry: 'expiry', audience: 'audience', conditions: 'audience' },
  ...{ authentication: 'authentication', subject: 'subject' },
  name_id_format: 'format',
}

/** Names under which providers send what we read: plain, as Microsoft has them, and by object identifier (LDAP). */
const emailNames = [
  'email',
  'mail',
  'emailaddress',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'urn:oid:1.2.840.113549.1.9.1',
]
const nameNames = [
  'name',
  'displayname',
  'http://schemas.microsoft.com/identity/claims/displayname',
  'urn:oid:2.16.840.1.113730.3.1.241',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
]
const methodsName = 'http://schemas.microsoft.com/claims/authnmethodsreferences'
const mfaMethods = ['https://refeds.org/profile/mfa', 'http://schemas.microsoft.com/claims/multipleauthn']

/** What stands in the form that a provider sent, as base64. */
export const formIn = (parameters: string): string => new URLSearchParams(parameters).get('SAMLResponse') ?? ''

const firstOf = ({ attributes }: Accepted, names: readonly string[]): string | null => {
  for (const name of names) {
    const value = attributes.find((attribute) => attribute.name.toLowerCase() === name)?.values[0]?.trim()
    if (value !== undefined && value !== '' && value.length <= 500) return value
  }
  return null
}

const claimsOf = (accepted: Accepted): Record<string, unknown> =>
  Object.fromEntries([
    ...Object.entries({
      NameID: accepted.subject,
      'NameID format': accepted.nameIdFormat,
      AuthnContextClassRef: accepted.authnContext,
      AuthnInstant: accepted.authnInstant.toISOString(),
    }),
    ...accepted.attributes.map(({ name, values }) => [name, values.length === 1 ? values[0] : values]),
  ]) as Record<string, unknown>

const assertedIn = (accepted: Accepted, { mfaValues }: SamlSettings, now: Date): Asserted => {
  const { subject, nameIdFormat, authnContext, authnInstant, attributes } = accepted
  const named = nameIdFormat.endsWith(':emailAddress') ? subject : null
  const methods = [authnContext, ...attributes.filter(({ name }) => name === methodsName).flatMap(({ values }) => values)]
  return {
    ...{ subject, nameIdFormat },
    email: firstOf(accepted, emailNames) ?? named,
    // The directory of the organisation itself says so, and it counts only in domains that the organisation has proved (`verdictOf`).
    emailVerified: true,
    name: firstOf(accepted, nameNames),
    mfa: methods.some((method) => method !== null && [...mfaMethods, ...mfaValues].includes(method)),
    authenticatedAt: new Date(Math.min(authnInstant.getTime(), now.getTime())),
    claims: claimsOf(accepted),
  }
}

/** The provider's certificates as they are kept. Throws `ProviderUnfit`. */
export const certificatesOf = ({ certificates }: SamlProvider): Certificate[] =>
  certificates.map((text, index) => {
    const certificate = readCertificate(text)
    if (certificate) return certificate
    throw new ProviderUnfit(`Certificate ${index + 1} is none with an RSA key of at least 2048 bits. Paste it as PEM.`)
  })

const validated = async (
  validator: Validator,
  { settings, entityId, acsUrl }: SamlConnection,
  { state, purpose, issuedAt }: SignOnRequest,
  parameters: string,
  now: Date,
): Promise<Accepted> => {
  if (!settings.provider) throw new ProviderUnfit('The provider’s metadata is not known yet.')
  const { entityId: providerEntityId, certificates } = settings.provider
  const expected = { requestId: state, ...(purpose === 'again' && { authenticatedAfter: issuedAt }) }
  const verdict = await validator.validate(
    { providerEntityId, certificates, entityId, acsUrl, nameIdFormat: settings.nameIdFormat ?? null },
    formIn(parameters),
    ...([now, expected] as const),
  )
  if (verdict.accepted) return verdict
  if (verdict.check === 'busy') throw new ProviderUnavailable(`${verdict.what} ${verdict.change}`)
  const group = groups[verdict.check]
  // What it says quotes the response; the ledger keeps which check it was, and the advice.
  const recorded = `Not so: ${samlChecks[group]}. ${verdict.change}`
  throw new SignOnRefused(group, `${verdict.what} ${verdict.change}`, undefined, recorded)
}

/** Speaks with SAML providers: through browsers, but for metadata, which is fetched by HTTPS and never from an address inside. */
export const createSamlProviders = (limits: FetchLimits, validator: Validator = createValidator()): SamlProviders => {
  const fetch = guardedFetch(limits)
  const download = async (url: string): Promise<string> => {
    try {
      const answer = await fetch(url)
      if (answer.status !== 200) throw new ProviderUnfit(`There is no metadata at that address: it answers ${answer.status}.`)
      return await answer.text()
    } catch (error) {
      if (error instanceof ProviderUnfit) throw error
      const unavailable = unavailableOf(error)
      throw unavailable instanceof ProviderUnavailable
        ? unavailable
        : new ProviderUnfit('There is no metadata at that address, or it is inside the network of this installation.', {
            cause: error,
          })
    }
  }
  return {
    urlFor: ({ settings, privateKey, entityId, acsUrl }, { state, purpose, issuedAt }) => {
      if (!settings.provider || privateKey === null) throw new ProviderUnfit('Enter the provider’s metadata first.')
      validator.prepare()
      const destination = settings.provider.signOnUrl
      const nameIdFormat = settings.nameIdFormat ?? null
      return signedRequestUrl(
        { id: state, now: issuedAt, destination, entityId, acsUrl, forceAuthn: purpose === 'again', nameIdFormat },
        privateKey,
      )
    },
    answer: async (connection, request, parameters, now, isNew) => {
      const accepted = await validated(validator, connection, request, parameters, now)
      if (!(await isNew(accepted.assertionId, accepted.notOnOrAfter)))
        throw new SignOnRefused('request', 'This assertion was used before. Begin the sign-in anew.')
      return assertedIn(accepted, connection.settings, now)
    },
    read: async ({ url, xml }) => {
      const document = xml ?? (url === undefined ? '' : await download(url))
      try {
        const { certificates, ...provider } = readProviderMetadata(document)
        return { ...provider, certificates: certificates.map(({ pem }) => pem) }
      } catch (error) {
        if (error instanceof MetadataRefused) throw new ProviderUnfit(error.message, { cause: error })
        throw error
      }
    },
    close: validator.close,
  }
}
