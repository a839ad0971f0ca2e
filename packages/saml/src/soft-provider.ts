import { createHash, createSign, X509Certificate } from 'node:crypto'
import { assertionNs, bearer, dsig, envelopedSignature, excC14n, nameIdFormats, protocol, success } from './names.ts'
import { escaped } from './request.ts'
import type { SigningPair } from './signing-pair.ts'

/** What a provider asserts of somebody, and to whom. */
export interface SoftAssertion {
  assertionId: string
  providerEntityId: string
  audience: string
  acsUrl: string
  requestId: string
  subject: string
  nameIdFormat?: string
  issued: Date
  expires: Date
}

const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const instant = (at: Date): string => at.toISOString()

/** Written as exclusive canonicalisation would write it, so that what is signed is this very text and no XML library is needed to sign it. */
const assertionOf = (said: SoftAssertion, signature: string): string => {
  const [id, issuer, audience] = [said.assertionId, said.providerEntityId, said.audience].map(escaped)
  const [acs, request, until] = [escaped(said.acsUrl), escaped(said.requestId), instant(said.expires)]
  return (
    `<saml:Assertion xmlns:saml="${assertionNs}" ID="${id}" IssueInstant="${instant(said.issued)}" Version="2.0">` +
    `<saml:Issuer>${issuer}</saml:Issuer>${signature}` +
    `<saml:Subject><saml:NameID Format="${escaped(said.nameIdFormat ?? nameIdFormats.persistent)}">${escaped(said.subject)}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="${bearer}"><saml:SubjectConfirmationData InResponseTo="${request}" NotOnOrAfter="${until}" ` +
    `Recipient="${acs}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${instant(said.issued)}" NotOnOrAfter="${until}"><saml:AudienceRestriction>` +
    `<saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${instant(said.issued)}"><saml:AuthnContext><saml:AuthnContextClassRef>` +
    `urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `</saml:Assertion>`
  )
}

const signedInfoOf = (id: string, digest: string): string =>
  `<ds:SignedInfo xmlns:ds="${dsig}"><ds:CanonicalizationMethod Algorithm="${excC14n}"></ds:CanonicalizationMethod>` +
  `<ds:SignatureMethod Algorithm="${rsaSha256}"></ds:SignatureMethod><ds:Reference URI="#${id}"><ds:Transforms>` +
  `<ds:Transform Algorithm="${envelopedSignature}"></ds:Transform><ds:Transform Algorithm="${excC14n}"></ds:Transform></ds:Transforms>` +
  `<ds:DigestMethod Algorithm="${sha256}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`

/** The assertion as the holder of the key signs it. */
export const softAssertion = (said: SoftAssertion, { privateKeyPem, certificatePem }: SigningPair): string => {
  const digest = createHash('sha256').update(assertionOf(said, '')).digest('base64')
  const signedInfo = signedInfoOf(escaped(said.assertionId), digest)
  const value = createSign('RSA-SHA256').update(signedInfo).sign(privateKeyPem, 'base64')
  const certificate = new X509Certificate(certificatePem).raw.toString('base64')
  return assertionOf(
    said,
    `<ds:Signature xmlns:ds="${dsig}">${signedInfo}<ds:SignatureValue>${value}</ds:SignatureValue>` +
      `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`,
  )
}

/** Nobody signed it. */
export const unsignedAssertion = (said: SoftAssertion): string => assertionOf(said, '')

/** A response around one or more assertions, as a form carries it. */
export const softResponse = (said: SoftAssertion, inside: string): string =>
  Buffer.from(
    `<samlp:Response xmlns:samlp="${protocol}" ID="_r${escaped(said.assertionId)}" Version="2.0" IssueInstant="${instant(said.issued)}" ` +
      `Destination="${escaped(said.acsUrl)}" InResponseTo="${escaped(said.requestId)}"><saml:Issuer xmlns:saml="${assertionNs}">` +
      `${escaped(said.providerEntityId)}</saml:Issuer><samlp:Status><samlp:StatusCode Value="${success}"/></samlp:Status>${inside}</samlp:Response>`,
  ).toString('base64')
