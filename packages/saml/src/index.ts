/**
 * SAML 2.0 for a service provider: what a response proves, requests, metadata. Everything but `createValidator`'s threads is pure.
 * docs/adr/0015-saml.md
 */
export { readCertificate, validAt, type Certificate } from './certificate.ts'
export { MetadataRefused, ownMetadata, readProviderMetadata, type ProviderMetadata } from './metadata.ts'
export { nameIdFormats, type NameIdFormat } from './names.ts'
export { signedRequestUrl, type AuthnRequest } from './request.ts'
export { createSigningPair, type SigningPair } from './signing-pair.ts'
export { softAssertion, softResponse, unsignedAssertion, type SoftAssertion } from './soft-provider.ts'
export { answeredRequest, largestBase64, validateResponse } from './validate.ts'
export { createValidator, type Validator } from './validator.ts'
export {
  checks,
  type Accepted,
  type Attribute,
  type Check,
  type Expected,
  type Rejection,
  type Settings,
  type Verdict,
} from './verdict.ts'
