import { SignedXml } from './libraries.fixture.ts'
import { assertionNs, bearer, protocol, success } from './names.ts'
import { createSigningPair, type SigningPair } from './signing-pair.ts'
import type { Expected, Settings } from './verdict.ts'

export const now = new Date('2026-03-10T09:00:00Z')
export const later = (seconds: number, from = now): Date => new Date(from.getTime() + seconds * 1000)
const year = 365 * 86_400

export const pair = (name = 'provider', notBefore = later(-year), notAfter = later(year)): Promise<SigningPair> =>
  createSigningPair(name, { notBefore, notAfter })

export const providerEntityId = 'https://id.example.com/saml'
export const acsUrl = 'https://trust.example.com/sso/saml/sc_1/acs'
export const entityId = 'https://trust.example.com/sso/saml/sc_1'
export const expected: Expected = { requestId: '_request1' }
export const settingsFor = (...pairs: SigningPair[]): Settings => ({
  ...{ providerEntityId, acsUrl, entityId, certificates: pairs.map(({ certificatePem }) => certificatePem) },
  nameIdFormat: 'persistent',
})

/** Everything in a response that a trespasser might set otherwise. `null` leaves the thing out. */
export interface Said {
  id: string
  assertionId: string
  issuer: string
  responseIssuer: string | null
  destination: string | null
  recipient: string | null
  inResponseTo: string | null
  confirmedInResponseTo: string | null
  method: string
  audience: string | null
  status: string
  issued: Date
  notBefore: Date | null
  notOnOrAfter: Date | null
  confirmedUntil: Date | null
  authnInstant: Date | null
  /** XML, between the tags. */
  nameId: string
  nameIdFormat: string | null
  attributes: string
  conditions: string
  version: string
}

export const honest: Said = {
  ...{ id: '_response1', assertionId: '_assertion1', issuer: providerEntityId, responseIssuer: providerEntityId },
  ...{ destination: acsUrl, recipient: acsUrl, inResponseTo: '_request1', confirmedInResponseTo: '_request1', method: bearer },
  ...{
    audience: entityId,
    status: success,
    issued: now,
    notBefore: later(-60),
    notOnOrAfter: later(300),
    confirmedUntil: later(300),
  },
  ...{ authnInstant: later(-30), nameId: 'ada', nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
  attributes:
    '<saml:Attribute Name="email"><saml:AttributeValue>ada@example.com</saml:AttributeValue></saml:Attribute>' +
    '<saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>',
  conditions: '',
  version: '2.0',
}

const attr = (name: string, value: string | Date | null): string =>
  value === null ? '' : ` ${name}="${typeof value === 'string' ? value : value.toISOString()}"`

export const assertionXml = (changes: Partial<Said> = {}): string => {
  const said = { ...honest, ...changes }
  return (
    `<saml:Assertion xmlns:saml="${assertionNs}"${attr('ID', said.assertionId)}${attr('Version', said.version)}${attr('IssueInstant', said.issued)}>` +
    `<saml:Issuer>${said.issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID${attr('Format', said.nameIdFormat)}>${said.nameId}</saml:NameID>` +
    `<saml:SubjectConfirmation${attr('Method', said.method)}><saml:SubjectConfirmationData${attr('InResponseTo', said.confirmedInResponseTo)}` +
    `${attr('Recipient', said.recipient)}${attr('NotOnOrAfter', said.confirmedUntil)}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions${attr('NotBefore', said.notBefore)}${attr('NotOnOrAfter', said.notOnOrAfter)}>` +
    `${said.audience === null ? '' : `<saml:AudienceRestriction><saml:Audience>${said.audience}</saml:Audience></saml:AudienceRestriction>`}` +
    `${said.conditions}</saml:Conditions>` +
    `<saml:AuthnStatement${attr('AuthnInstant', said.authnInstant)} SessionIndex="_session1"><saml:AuthnContext><saml:AuthnContextClassRef>` +
    `urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${said.attributes}</saml:AttributeStatement></saml:Assertion>`
  )
}

export const responseXml = (inside: string, changes: Partial<Said> = {}): string => {
  const said = { ...honest, ...changes }
  return (
    `<samlp:Response xmlns:samlp="${protocol}" xmlns:saml="${assertionNs}"${attr('ID', said.id)}${attr('Version', said.version)}` +
    `${attr('IssueInstant', said.issued)}${attr('Destination', said.destination)}${attr('InResponseTo', said.inResponseTo)}>` +
    `${said.responseIssuer === null ? '' : `<saml:Issuer>${said.responseIssuer}</saml:Issuer>`}` +
    `<samlp:Status><samlp:StatusCode Value="${said.status}"/></samlp:Status>${inside}</samlp:Response>`
  )
}

export interface Signing {
  signature?: string
  digest?: string
  canonical?: string
  transforms?: string[]
}
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'

/** Signs the element of that ID, as providers do: enveloped, after its Issuer (or first, where there is none). */
export const signed = (xml: string, id: string, { privateKeyPem, certificatePem }: SigningPair, how: Signing = {}): string => {
  const signer = new SignedXml({
    ...{ privateKey: privateKeyPem, publicCert: certificatePem, canonicalizationAlgorithm: how.canonical ?? exclusive },
    signatureAlgorithm: how.signature ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  })
  signer.addReference({
    xpath: `//*[@ID='${id}']`,
    transforms: how.transforms ?? ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive],
    digestAlgorithm: how.digest ?? 'http://www.w3.org/2001/04/xmlenc#sha256',
  })
  const issuer = `//*[@ID='${id}']/*[local-name()='Issuer']`
  const hasIssuer = new RegExp(`ID="${id}"[^>]*><saml:Issuer`).test(xml)
  const location = hasIssuer ? { reference: issuer, action: 'after' } : { reference: `//*[@ID='${id}']`, action: 'prepend' }
  signer.computeSignature(xml, { prefix: 'ds', location })
  return signer.getSignedXml()
}

export const base64 = (xml: string): string => Buffer.from(xml).toString('base64')

/** A response whose assertion the provider signed. */
export const signedResponse = (by: SigningPair, changes: Partial<Said> = {}, how: Signing = {}): string => {
  const assertionId = changes.assertionId ?? honest.assertionId
  return signed(responseXml(assertionXml(changes), changes), assertionId, by, how)
}
