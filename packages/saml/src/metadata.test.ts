import { createVerify, X509Certificate } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCertificate } from './certificate.ts'
import { MetadataRefused, ownMetadata, readProviderMetadata } from './metadata.ts'
import { assertionNs, dsig, metadataNs, nameIdFormats, protocol, redirectBinding } from './names.ts'
import { acsUrl, entityId, now, pair, providerEntityId } from './provider.fixture.ts'
import { attributeOf, childrenOf, elementsOf, everyElement, readXml, textOf } from './read-xml.ts'
import { signedRequestUrl } from './request.ts'
import type { SigningPair } from './signing-pair.ts'

let ours: SigningPair
let theirs: SigningPair
beforeAll(async () => {
  ;[ours, theirs] = await Promise.all([pair('holdfast'), pair()])
})

const bare = (pem: string): string => new X509Certificate(pem).raw.toString('base64')
const key = (pem: string, use = ' use="signing"') =>
  `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="${dsig}"><ds:X509Data><ds:X509Certificate>\n${bare(pem)}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
const sso = `<md:SingleSignOnService Binding="${redirectBinding}" Location="https://id.example.com/sso"/>`
const metadata = (inside: string, role = 'IDPSSODescriptor') =>
  `<?xml version="1.0"?><!-- made by hand --><md:EntityDescriptor xmlns:md="${metadataNs}" entityID="${providerEntityId}">` +
  `<md:${role} protocolSupportEnumeration="${protocol}">${inside}</md:${role}></md:EntityDescriptor>`
const refusal = (xml: string): string => {
  try {
    readProviderMetadata(xml)
    return ''
  } catch (error) {
    if (error instanceof MetadataRefused) return error.message
    throw error
  }
}

describe('metadata of a provider', () => {
  it('gives entity id, sign-on URL and the signing certificates, each once', () => {
    const xml = metadata(key(theirs.certificatePem) + key(ours.certificatePem, '') + key(theirs.certificatePem) + sso)
    const { certificates, ...rest } = readProviderMetadata(`\ufeff${xml}`)
    expect(rest).toEqual({ entityId: providerEntityId, signOnUrl: 'https://id.example.com/sso' })
    expect(certificates.map(({ pem }) => pem.trim())).toEqual([theirs.certificatePem.trim(), ours.certificatePem.trim()])
  })

  it('is refused in one sentence that says what to do', () => {
    const good = key(theirs.certificatePem)
    expect(refusal(metadata(sso))).toContain('no certificate')
    expect(refusal(metadata(key(theirs.certificatePem, ' use="encryption"') + sso))).toContain('no certificate')
    expect(refusal(metadata(good))).toContain('HTTP-Redirect')
    expect(refusal(metadata(good + sso.replace('https:', 'http:')))).toContain('https://')
    expect(refusal(metadata(good + sso, 'SPSSODescriptor'))).toContain('of an application')
    expect(refusal(`<!DOCTYPE x>${metadata(good + sso)}`)).toContain('DOCTYPE')
    expect(refusal('<html></html>')).toContain('one SAML 2.0 provider')
    const entity = metadata(good + sso).replace('<?xml version="1.0"?>', '')
    const several = (count: number) =>
      `<md:EntitiesDescriptor xmlns:md="${metadataNs}">${entity.repeat(count)}</md:EntitiesDescriptor>`
    expect(refusal(several(2))).toContain('one SAML 2.0 provider')
    expect(refusal(several(1))).toBe('')
    expect(refusal('x'.repeat(600_000))).toContain('larger')
  })

  it('takes certificates as people paste them, and no weak key', () => {
    const { certificatePem } = theirs
    expect(readCertificate(bare(certificatePem))?.pem).toBe(readCertificate(certificatePem)?.pem)
    expect(readCertificate(certificatePem)?.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    for (const wrong of ['', 'hello', theirs.privateKeyPem, certificatePem + certificatePem])
      expect(readCertificate(wrong)).toBeNull()
  })
})

describe('what we send', () => {
  it('is a request in a URL, signed as the binding says', () => {
    const request = {
      id: '_r1',
      now,
      destination: 'https://id.example.com/sso?a=1',
      entityId: `${entityId}?<&"`,
      acsUrl,
      forceAuthn: true,
    }
    const url = signedRequestUrl(request, ours.privateKeyPem)
    expect(url.startsWith('https://id.example.com/sso?a=1&SAMLRequest=')).toBe(true)
    const query = new URL(url).searchParams
    const signedPart = url.slice(url.indexOf('SAMLRequest='), url.indexOf('&Signature='))
    const verifies = (text: string) =>
      createVerify('RSA-SHA256')
        .update(text)
        .verify(ours.certificatePem, query.get('Signature') ?? '', 'base64')
    expect(verifies(signedPart)).toBe(true)
    expect(verifies(signedPart.replace('SAMLRequest=', 'SAMLRequest=A'))).toBe(false)
    const xml = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString()
    const root = readXml(xml, { characters: 10_000, elements: 10, depth: 5 })
    const told = ['ID', 'Destination', 'AssertionConsumerServiceURL', 'ForceAuthn', 'IssueInstant'].map((name) =>
      attributeOf(root, name),
    )
    expect(told).toEqual(['_r1', request.destination, acsUrl, 'true', now.toISOString()])
    expect(childrenOf(root, assertionNs, 'Issuer').map(textOf)).toEqual([request.entityId])
    expect(elementsOf(root).map(({ local }) => local)).toEqual(['Issuer'])
  })

  it.each(['persistent', 'unspecified'] as const)(
    'asks for a %s name, which may be made for it, after the issuer (the order of the schema)',
    (nameIdFormat) => {
      const destination = 'https://id.example.com/sso'
      const url = signedRequestUrl({ id: '_r2', now, destination, entityId, acsUrl, nameIdFormat }, ours.privateKeyPem)
      const xml = inflateRawSync(Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
      const inside = elementsOf(readXml(xml, { characters: 10_000, elements: 10, depth: 5 }))
      expect(inside.map(({ local, namespace }) => [local, namespace])).toEqual([
        ['Issuer', assertionNs],
        ['NameIDPolicy', protocol],
      ])
      const [, policy] = inside
      expect(policy && ['AllowCreate', 'Format'].map((name) => attributeOf(policy, name))).toEqual([
        'true',
        nameIdFormats[nameIdFormat],
      ])
    },
  )

  it('is metadata that says where to answer, and by which certificates we sign, in their order', () => {
    const certificates = [ours.certificatePem, theirs.certificatePem]
    const xml = ownMetadata({ entityId, acsUrl, certificates, nameIdFormat: null })
    expect(xml).toContain(`<md:NameIDFormat>${nameIdFormats.persistent}<`)
    expect(ownMetadata({ entityId, acsUrl, certificates, nameIdFormat: 'unspecified' })).toContain(
      `<md:NameIDFormat>${nameIdFormats.unspecified}<`,
    )
    const all = [...everyElement(readXml(xml, { characters: 10_000, elements: 50, depth: 10 }))]
    expect(
      all.find(({ local }) => local === 'AssertionConsumerService')?.attributes.find(({ name }) => name === 'Location')?.value,
    ).toBe(acsUrl)
    expect(all.filter(({ local }) => local === 'X509Certificate').map(textOf)).toEqual(
      [ours, theirs].map(({ certificatePem }) => bare(certificatePem)),
    )
  })
})
