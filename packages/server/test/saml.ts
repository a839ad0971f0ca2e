/** A SAML provider in the hands of a test: it signs what it is told to, true or not. */
import { inflateRawSync } from 'node:zlib'
import { X509Certificate } from 'node:crypto'
import { ledger, session, sso, type InputOf, type SsoConnectionId } from '@holdfast/contract'
import * as given from '../../saml/src/provider.fixture.ts'
import type { SigningPair } from '../../saml/src/signing-pair.ts'
import { newCaller, type Caller, type Platform } from './platform.ts'
import { proveDomain } from './sign-on.ts'

export interface SamlSignOn {
  keys: SigningPair
  connectionId: SsoConnectionId
  domain: string
  entityId: string
  acsUrl: string
}

export const providerEntityId = 'https://id.example.test/saml'
export const keysFor = ({ clock }: Platform, days = 365): Promise<SigningPair> =>
  given.pair('provider', given.later(-86_400, clock.now()), given.later(days * 86_400, clock.now()))

export const metadataOf = (keys: SigningPair, entityId = providerEntityId): string =>
  `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
  `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">` +
  `<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${new X509Certificate(keys.certificatePem).raw.toString('base64')}` +
  `</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService ` +
  `Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://id.example.test/sso"/></IDPSSODescriptor></EntityDescriptor>`

/** What a request asks: read from the address that the browser is sent to. */
export const askedBy = (url: string) => {
  const xml = inflateRawSync(Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
  return { xml, id: /ID="([^"]+)"/.exec(xml)?.[1] ?? '' }
}

const attribute = (name: string, value: string): string =>
  `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`

let assertions = 0
/** What an honest provider says of somebody in answer to a request. */
export const saidOf = (
  { clock }: Platform,
  { domain, entityId, acsUrl }: Pick<SamlSignOn, 'domain' | 'entityId' | 'acsUrl'>,
  url: string,
  name: string,
): Partial<given.Said> => {
  const now = clock.now()
  const { id } = askedBy(url)
  return {
    ...{ id: `_r${++assertions}`, assertionId: `_a${assertions}`, issuer: providerEntityId, responseIssuer: providerEntityId },
    ...{ destination: acsUrl, recipient: acsUrl, audience: entityId, inResponseTo: id, confirmedInResponseTo: id },
    ...{ issued: now, authnInstant: now, notBefore: given.later(-60, now), notOnOrAfter: given.later(300, now) },
    ...{ confirmedUntil: given.later(300, now), nameId: `subject-of-${name}` },
    attributes: attribute('email', `${name}@${domain}`) + attribute('displayName', `Sam ${name}`),
  }
}

/** What the provider's form brings back, as our page hands it on. */
export const parametersOf = (keys: SigningPair, said: Partial<given.Said>, how?: given.Signing): string =>
  new URLSearchParams({ SAMLResponse: given.base64(given.signedResponse(keys, said, how)) }).toString()

export const createSaml = async (
  platform: Platform,
  as: Caller,
  keys: SigningPair,
  more: Partial<InputOf<typeof sso.create>> = {},
) =>
  platform.call(
    sso.create,
    { name: 'SAML provider', settings: { kind: 'saml' }, metadata: { xml: metadataOf(keys) }, defaultRole: 'member', ...more },
    as,
  )

let domains = 0
export const samlFor = async (platform: Platform, as: Caller): Promise<SamlSignOn> => {
  const keys = await keysFor(platform)
  const { id: connectionId, entityId, redirectUri: acsUrl } = await createSaml(platform, as, keys)
  const domain = `saml${domains++}.example`
  const signOn = { keys, connectionId, domain, entityId: entityId ?? '', acsUrl }
  await proveDomain(platform, as, domain, connectionId)
  const report = await testSaml(platform, as, signOn)
  if (!report.passed) throw new Error(JSON.stringify(report.checks.filter(({ passed }) => !passed)))
  await platform.call(sso.activate, { id: connectionId }, as)
  return signOn
}

export const testSaml = async (platform: Platform, as: Caller, signOn: SamlSignOn, said: Partial<given.Said> = {}) => {
  const id = signOn.connectionId
  const { url } = await platform.call(sso.beginTest, { id }, as)
  const parameters = parametersOf(signOn.keys, { ...saidOf(platform, signOn, url, 'tester'), ...said })
  return platform.call(sso.finishTest, { id, parameters }, as)
}

/** The browser after the provider, with the answer in its hands. */
export const samlAnswer = async (
  platform: Platform,
  signOn: SamlSignOn,
  name: string,
  caller: Caller,
  more: Partial<given.Said> = {},
): Promise<string> => {
  const { url } = await platform.call(session.beginSignOn, { domain: signOn.domain }, caller)
  return parametersOf(signOn.keys, { ...saidOf(platform, signOn, url, name), ...more })
}

export const samlSignIn = async (platform: Platform, signOn: SamlSignOn, name: string, more: Partial<given.Said> = {}) => {
  const caller = newCaller()
  const parameters = await samlAnswer(platform, signOn, name, caller, more)
  const { next } = await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, caller)
  return { caller, next }
}

/** The reason of the last entry, which must be a refused sign-on. */
export const lastRefusal = async (platform: Platform, reader: Caller): Promise<string> => {
  const { size } = await platform.call(ledger.head, {}, reader)
  const { reason, action } = await platform.call(ledger.read, { seq: size - 1 }, reader)
  if (action !== 'session.sign_on_refused') throw new Error(`the last entry is ${action}`)
  return reason ?? ''
}
