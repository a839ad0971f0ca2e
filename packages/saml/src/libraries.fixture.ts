import { createRequire } from 'node:module'
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import type { Settings } from './verdict.ts'

/*
 * The libraries as tests use them: to sign what trespassers send, and to see what they do without our fences. Required, not imported: their
 * types bring those of a browser into the whole workspace.
 */
interface Signer {
  addReference(reference: { xpath: string; transforms: string[]; digestAlgorithm: string }): void
  computeSignature(xml: string, options: { prefix: string; location: { reference: string; action: string } }): void
  getSignedXml(): string
  loadSignature(signature: DomElement): void
  checkSignature(xml: string): boolean
}
export interface DomElement {
  tagName: string
  namespaceURI: string | null
  textContent: string | null
  nodeType: number
  childNodes: ArrayLike<DomElement>
}
interface DomDocument {
  documentElement: DomElement
  getElementsByTagName(name: string): ArrayLike<DomElement>
  getElementsByTagNameNS(namespace: string, local: string): ArrayLike<DomElement>
}
interface Parser {
  parseFromString(xml: string, type: 'text/xml'): DomDocument
}

const require = createRequire(import.meta.url)
export const { SignedXml } = require('xml-crypto') as { SignedXml: new (options: object) => Signer }
export const { DOMParser } = require('@xmldom/xmldom') as { DOMParser: new (options?: object) => Parser }

/** The NameID that `@node-saml/node-saml` alone accepts, as strict as its options go. Its clock is the machine's, so it looks at no times. */
export const libraryAlone = async ({ certificates, entityId, acsUrl }: Settings, base64: string): Promise<string | undefined> => {
  const options = {
    idpCert: [...certificates],
    issuer: entityId,
    callbackUrl: acsUrl,
    audience: entityId,
    acceptedClockSkewMs: -1,
  }
  const saml = new SAML({ ...options, wantAuthnResponseSigned: false, validateInResponseTo: ValidateInResponseTo.never })
  return (await saml.validatePostResponseAsync({ SAMLResponse: base64 })).profile?.nameID
}
