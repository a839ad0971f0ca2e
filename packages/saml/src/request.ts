import { createSign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { assertionNs, nameIdFormats, postBinding, protocol, type NameIdFormat } from './names.ts'

const signedWith = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'

export const escaped = (text: string): string => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)

export interface AuthnRequest {
  /** An NCName: begins with a letter or `_`. */
  id: string
  now: Date
  /** The provider's sign-on URL. */
  destination: string
  entityId: string
  acsUrl: string
  /** The provider must ask the person again, whatever session they have there. */
  forceAuthn?: boolean
  /** What the NameID is to be; null: the request names no format, and the provider sends what is set there. */
  nameIdFormat?: NameIdFormat | null
}

/** Core § 3.4.1.1. A persistent name may have to be made for somebody who comes the first time, which is not allowed unless it is said. */
const namePolicy = (format: NameIdFormat | null): string =>
  format === null ? '' : `<samlp:NameIDPolicy AllowCreate="true" Format="${nameIdFormats[format]}"/>`

const requestXml = ({ id, now, destination, entityId, acsUrl, forceAuthn = false, nameIdFormat = null }: AuthnRequest): string =>
  `<samlp:AuthnRequest xmlns:samlp="${protocol}" ID="${escaped(id)}" Version="2.0" IssueInstant="${now.toISOString()}"` +
  ` Destination="${escaped(destination)}" ProtocolBinding="${postBinding}" AssertionConsumerServiceURL="${escaped(acsUrl)}"` +
  `${forceAuthn ? ' ForceAuthn="true"' : ''}><saml:Issuer xmlns:saml="${assertionNs}">${escaped(entityId)}</saml:Issuer>` +
  `${namePolicy(nameIdFormat)}</samlp:AuthnRequest>`

/**
 * Where to send the browser: the HTTP-Redirect binding (Bindings § 3.4.4), signed with RSA-SHA256. There is no RelayState; where
 * somebody wanted to go is ours to remember.
 */
export const signedRequestUrl = (request: AuthnRequest, privateKeyPem: string): string => {
  const deflated = deflateRawSync(requestXml(request)).toString('base64')
  const signed = `SAMLRequest=${encodeURIComponent(deflated)}&SigAlg=${encodeURIComponent(signedWith)}`
  const signature = createSign('RSA-SHA256').update(signed).sign(privateKeyPem, 'base64')
  const { destination } = request
  return `${destination}${destination.includes('?') ? '&' : '?'}${signed}&Signature=${encodeURIComponent(signature)}`
}
