import { X509Certificate } from 'node:crypto'
import { readCertificate, type Certificate } from './certificate.ts'
import {
  assertionNs,
  dsig,
  metadataNs,
  nameIdFormats,
  postBinding,
  protocol,
  redirectBinding,
  type NameIdFormat,
} from './names.ts'
import { attributeOf, childrenOf, inLines, isNamed, readXml, textOf, XmlRefused, type Element } from './read-xml.ts'
import { escaped } from './request.ts'

export const largestMetadata = 512 * 1024

export interface ProviderMetadata {
  entityId: string
  signOnUrl: string
  certificates: readonly Certificate[]
}

/** Says in one sentence what is wrong with a document and what to do. */
export class MetadataRefused extends Error {}

const only = <T>(found: readonly T[], sentence: string): T => {
  const [first] = found
  if (first === undefined || found.length > 1) throw new MetadataRefused(sentence)
  return first
}

const certificatesIn = (provider: Element): Certificate[] => {
  const keys = childrenOf(provider, metadataNs, 'KeyDescriptor').filter((key) => attributeOf(key, 'use') !== 'encryption')
  const texts = keys
    .flatMap((key) => childrenOf(key, dsig, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, dsig, 'X509Data'))
    .flatMap((data) => childrenOf(data, dsig, 'X509Certificate').map((element) => textOf(element) ?? ''))
  const read = texts.flatMap((text) => readCertificate(text) ?? [])
  return [...new Map(read.map((certificate) => [certificate.fingerprint, certificate])).values()]
}

const signOnUrl = (provider: Element): string => {
  const services = childrenOf(provider, metadataNs, 'SingleSignOnService')
  const redirect = services.find((service) => attributeOf(service, 'Binding') === redirectBinding)
  const location = redirect ? attributeOf(redirect, 'Location') : null
  if (location === null)
    throw new MetadataRefused('It names no sign-on URL with the binding HTTP-Redirect. Turn that binding on.')
  if (!URL.canParse(location) || new URL(location).protocol !== 'https:' || location.length > 2_000)
    throw new MetadataRefused('Its sign-on URL does not begin with https://.')
  return location
}

/** What we need of a provider's metadata. Throws `MetadataRefused`. A signature on it is not looked at: an administrator vouches for it. */
export const readProviderMetadata = (xml: string): ProviderMetadata => {
  let root: Element
  try {
    root = readXml(inLines(xml.trim().replace(/^\ufeff/, '')), {
      characters: largestMetadata,
      elements: 10_000,
      depth: 64,
      comments: true,
    })
  } catch (error) {
    if (error instanceof XmlRefused) throw new MetadataRefused(error.rejection.what, { cause: error })
    throw error
  }
  const entities = isNamed(root, metadataNs, 'EntitiesDescriptor') ? childrenOf(root, metadataNs, 'EntityDescriptor') : [root]
  const entity = only(
    entities.filter((element) => isNamed(element, metadataNs, 'EntityDescriptor')),
    'This is not the metadata of one SAML 2.0 provider.',
  )
  const provider = only(
    childrenOf(entity, metadataNs, 'IDPSSODescriptor').filter((element) =>
      attributeOf(element, 'protocolSupportEnumeration')?.split(' ').includes(protocol),
    ),
    'This is the metadata of an application, not of a provider that signs people in.',
  )
  const entityId = attributeOf(entity, 'entityID') ?? ''
  if (entityId === '' || entityId.length > 1_024)
    throw new MetadataRefused('Its entity id is missing or longer than 1,024 characters.')
  const certificates = certificatesIn(provider)
  if (certificates.length === 0)
    throw new MetadataRefused('It has no certificate with an RSA key of at least 2048 bits, and responses are checked with one.')
  if (certificates.length > 4)
    throw new MetadataRefused('It has more than four signing certificates. Remove those that are not used.')
  return { entityId, signOnUrl: signOnUrl(provider), certificates }
}

export interface OwnMetadata {
  entityId: string
  acsUrl: string
  /** What we sign requests with; a second one while the key is changed, so that the provider takes either. */
  certificates: readonly string[]
  /** As requests ask; where they name none, what we should like best. */
  nameIdFormat: NameIdFormat | null
}

const keyDescriptor = (certificatePem: string): string[] => [
  `    <md:KeyDescriptor use="signing">`,
  `      <ds:KeyInfo xmlns:ds="${dsig}"><ds:X509Data><ds:X509Certificate>${new X509Certificate(certificatePem).raw.toString('base64')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
  `    </md:KeyDescriptor>`,
]

/** Our own metadata of one connection, for the provider. */
export const ownMetadata = ({ entityId, acsUrl, certificates, nameIdFormat }: OwnMetadata): string =>
  [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<md:EntityDescriptor xmlns:md="${metadataNs}" entityID="${escaped(entityId)}">`,
    `  <md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="${protocol}">`,
    ...certificates.flatMap(keyDescriptor),
    `    <md:NameIDFormat>${nameIdFormats[nameIdFormat ?? 'persistent']}</md:NameIDFormat>`,
    `    <md:AssertionConsumerService index="0" isDefault="true" Binding="${postBinding}" Location="${escaped(acsUrl)}"/>`,
    `    <md:AttributeConsumingService index="0">`,
    `      <md:ServiceName xml:lang="en">Holdfast</md:ServiceName>`,
    ...['email', 'name', 'groups'].map(
      (name) =>
        `      <md:RequestedAttribute Name="${name}" NameFormat="${assertionNs.replace('assertion', 'attrname-format:basic')}"/>`,
    ),
    `    </md:AttributeConsumingService>`,
    `  </md:SPSSODescriptor>`,
    `</md:EntityDescriptor>`,
    '',
  ].join('\n')
