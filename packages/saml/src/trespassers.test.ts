import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { DOMParser, libraryAlone as library, SignedXml } from './libraries.fixture.ts'
import { assertionNs, dsig, nameIdFormats, protocol } from './names.ts'
import * as given from './provider.fixture.ts'
import { base64, expected, later, now, pair, settingsFor, signed, signedResponse, type Said } from './provider.fixture.ts'
import { childrenOf, readXml, textOf, type Element } from './read-xml.ts'
import type { SigningPair } from './signing-pair.ts'
import { allFences, validateBehind, validateResponse } from './validate.ts'
import type { Check, Settings, Verdict } from './verdict.ts'
import { wrapped } from './xsw.fixture.ts'

let provider: SigningPair
let stranger: SigningPair
let settings: Settings
beforeAll(async () => {
  ;[provider, stranger] = await Promise.all([pair(), pair('stranger')])
  settings = settingsFor(provider)
})

const verdict = (xml: string, at = now, by = settings): Promise<Verdict> => validateResponse(by, base64(xml), at, expected)
const without = (check: Check, xml: string, at = now, by = settings): Promise<Verdict> =>
  validateBehind(
    {
      envelope: allFences.envelope.filter((fence) => fence.check !== check),
      statements: allFences.statements.filter((fence) => fence.check !== check),
    },
    ...([by, base64(xml), at, expected] as const),
  )
const libraryAlone = (xml: string) => library(settings, base64(xml))

describe('an honest response', () => {
  it('is accepted, and says who, what and until when', async () => {
    expect(await verdict(signedResponse(provider))).toEqual({
      ...{ accepted: true, subject: 'ada', nameIdFormat: given.honest.nameIdFormat, sessionIndex: '_session1' },
      attributes: [
        { name: 'email', values: ['ada@example.com'] },
        { name: 'groups', values: ['a', 'b'] },
      ],
      ...{ assertionId: '_assertion1', authnInstant: later(-30), notOnOrAfter: later(720) },
      authnContext: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
    })
  })

  it('may be signed as a whole as well, and by SHA-512', async () => {
    const strong = {
      signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
      digest: 'http://www.w3.org/2001/04/xmlenc#sha512',
    }
    const both = signed(signedResponse(provider, {}, strong), '_response1', provider)
    expect(await verdict(both)).toMatchObject({ accepted: true, subject: 'ada' })
  })

  it('may begin with an XML declaration and have Windows line ends', async () => {
    const xml = signedResponse(provider, { attributes: '\n' })
    expect(await verdict(`<?xml version="1.0" encoding="UTF-8"?>\r\n${xml.replaceAll('\n', '\r\n')}`)).toMatchObject({
      accepted: true,
    })
  })

  it('may be signed by either of two certificates that overlap', async () => {
    const both = settingsFor(provider, stranger)
    expect(await verdict(signedResponse(provider), now, both)).toMatchObject({ accepted: true })
    expect(await verdict(signedResponse(stranger), now, both)).toMatchObject({ accepted: true })
  })
})

const emailAddress = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'

/** Each is genuinely signed by the provider, and must be refused for what it says. */
const says: readonly [check: Check, what: string, said: Partial<Said>][] = [
  ['issuer', 'another connection’s provider asserts this issuer in the response only', { issuer: 'https://evil.example' }],
  ['issuer', 'another issuer of the response', { responseIssuer: 'https://evil.example' }],
  ['recipient', 'another recipient', { recipient: 'https://trust.example.com/sso/saml/sc_2/acs' }],
  ['recipient', 'no recipient', { recipient: null }],
  ['destination', 'another destination', { destination: 'https://other.example.com/acs' }],
  ['confirmation', 'sender-vouches', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }],
  ['confirmation', 'holder-of-key', { method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }],
  ['request', 'the answer to another request', { inResponseTo: '_other', confirmedInResponseTo: '_other' }],
  ['request', 'the subject confirmed for another request', { confirmedInResponseTo: '_other' }],
  ['request', 'no request at all (begun by the provider)', { inResponseTo: null, confirmedInResponseTo: null }],
  ['audience', 'another audience', { audience: 'https://other.example.com' }],
  ['audience', 'no audience', { audience: null }],
  ['status', 'a status that is no success, beside a good assertion', { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }],
  ['expiry', 'an expired confirmation', { confirmedUntil: later(-130) }],
  ['expiry', 'expired conditions', { notOnOrAfter: later(-130) }],
  ['expiry', 'conditions that begin later', { notBefore: later(130) }],
  ['expiry', 'an assertion of tomorrow', { issued: later(86_400) }],
  ['expiry', 'an old assertion that says it lasts for years', { issued: later(-730) }],
  ['authentication', 'authentication in the future', { authnInstant: later(130) }],
  ['subject', 'a NameID with invisible characters', { nameId: 'ad\u200ba' }],
  ['name_id_format', 'a NameID in another format than was asked for', { nameIdFormat: emailAddress }],
  ['name_id_format', 'a NameID without a format', { nameIdFormat: null }],
  ['version', 'SAML 1.1', { version: '1.1' }],
  ['conditions', 'a condition nobody knows', { conditions: '<x:Odd xmlns:x="urn:x"/>' }],
]

describe('what a provider signs is still refused', () => {
  it.each(says)('%s: %s', async (check, _, said) => {
    const xml = signedResponse(provider, said)
    expect(await verdict(xml)).toMatchObject({ accepted: false, check })
    expect(await without(check, xml), 'without this fence').toMatchObject({ accepted: true })
  })

  it.each([null, 'unspecified'] as const)(
    'name_id_format: where %s is asked for, the provider says what it is, but for transient',
    async (asked) => {
      const anything = { ...settings, nameIdFormat: asked }
      const said = (nameIdFormat: string | null) => verdict(signedResponse(provider, { nameIdFormat }), now, anything)
      expect(await said(emailAddress)).toMatchObject({ accepted: true, nameIdFormat: emailAddress })
      expect(await said(null)).toMatchObject({ accepted: true, nameIdFormat: nameIdFormats.unspecified })
      const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
      expect(await said(transient)).toMatchObject({ check: 'subject' })
      const further = await without('subject', signedResponse(provider, { nameIdFormat: transient }), now, anything)
      expect(further, 'without this fence').toMatchObject({ accepted: true })
      expect(await said(`urn:${'x'.repeat(300)}`)).toMatchObject({ check: 'subject' })
    },
  )

  it('authentication: no moment of it', async () => {
    expect(await verdict(signedResponse(provider, { authnInstant: null }))).toMatchObject({ check: 'authentication' })
  })

  it('authentication: an old session where a new sign-in was asked for', async () => {
    const anew = { ...expected, authenticatedAfter: now }
    const old = signedResponse(provider, { authnInstant: later(-3_600) })
    expect(await validateResponse(settings, base64(old), now, anew)).toMatchObject({ check: 'authentication' })
    expect(await validateResponse(settings, base64(old), now, expected)).toMatchObject({ accepted: true })
  })

  it.each([
    ['issuer', { issuer: 'https://evil.example' }],
    ['recipient', { recipient: 'https://other.example.com/acs' }],
    ['destination', { destination: 'https://other.example.com/acs' }],
    ['confirmation', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }],
    ['status', { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }],
  ] as const)('the library alone accepts a wrong %s', async (_, said) => {
    expect(await libraryAlone(signedResponse(provider, said))).toBe('ada')
  })
})

const weak: readonly [string, given.Signing][] = [
  ['RSA-SHA1', { signature: `${dsig}rsa-sha1` }],
  ['a SHA-1 digest', { digest: `${dsig}sha1` }],
  ['canonicalisation that keeps comments', { canonical: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments' }],
  ['inclusive canonicalisation', { canonical: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }],
  [
    'a transform that keeps comments',
    { transforms: [`${dsig}enveloped-signature`, 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments'] },
  ],
]

describe('signatures', () => {
  it.each(weak)('of the wrong kind are refused before they are verified: %s', async (_, how) => {
    const xml = signedResponse(provider, {}, how)
    expect(await verdict(xml)).toMatchObject({ check: 'algorithm' })
    expect(await without('algorithm', xml)).toMatchObject({ accepted: true })
    expect(await libraryAlone(xml)).toBe('ada')
  })

  it('are needed: nothing signed, or only the response', async () => {
    const nothing = given.responseXml(given.assertionXml())
    const response = signed(nothing, '_response1', provider)
    expect(await verdict(nothing)).toMatchObject({ check: 'signature_missing', what: 'Nothing is signed.' })
    expect(await verdict(response)).toMatchObject({
      check: 'signature_missing',
      change: expect.stringContaining('sign the assertion'),
    })
  })

  it('of a stranger are refused, and it is said whose they are', async () => {
    expect(await verdict(signedResponse(stranger))).toMatchObject({
      check: 'signature',
      what: expect.stringContaining('does not have'),
    })
    const posing = signedResponse({ ...stranger, certificatePem: provider.certificatePem })
    expect(await verdict(posing)).toMatchObject({ check: 'signature', what: expect.stringContaining('was changed') })
    expect(await verdict(signedResponse(stranger), now, settingsFor(stranger)), 'with the certificate').toMatchObject({
      accepted: true,
    })
  })

  it('that were right before somebody changed the text are refused', async () => {
    const xml = signedResponse(provider).replace('>ada<', '>eve<')
    expect(await verdict(xml)).toMatchObject({ check: 'signature' })
  })

  it('hold together whatever is changed: a changed response says the same as before, or is refused', async () => {
    const xml = signed(signedResponse(provider), '_response1', provider)
    const genuine = await verdict(xml)
    const piece = fc.constantFrom('', 'x', ' ', '<', '>', '"', '&amp;', '<x/>', 'eve', '_evil', '\n', '=', '/', '#')
    await fc.assert(
      fc.asyncProperty(fc.nat(xml.length), fc.nat(12), piece, async (at, length, put) => {
        const changed = await verdict(xml.slice(0, at) + put + xml.slice(at + length))
        if (changed.accepted) expect(changed).toEqual(genuine)
      }),
      { numRuns: 400 },
    )
  })

  it('that do not fit are refused, also beside a certificate whose dates are none', async () => {
    const xml = signedResponse(provider).replace('>ada<', '>eve<')
    const [, base64 = ''] = /<(?:ds:)?X509Certificate>([^<]+)</.exec(xml) ?? []
    const bytes = Buffer.from(base64, 'base64')
    const utcTime = bytes.lastIndexOf(Buffer.from([0x17, 0x0d])) // type and length of `notAfter`
    bytes.write('x', utcTime + 2)
    expect(await verdict(xml.replace(base64, bytes.toString('base64')))).toMatchObject({ check: 'signature' })
  })

  it('of the response have to be right, even beside a right one of the assertion', async () => {
    const both = signed(signedResponse(provider), '_response1', provider).replace('Destination=', ' Consent="urn:x" Destination=')
    expect(await verdict(both)).toMatchObject({ check: 'signature' })
    const byStranger = signed(signedResponse(provider), '_response1', stranger)
    expect(await verdict(byStranger)).toMatchObject({ accepted: false })
  })

  it('by an expired certificate, or one not yet valid, do not count', async () => {
    const [old, next] = await Promise.all([pair('old', later(-900), later(-100)), pair('next', later(100), later(900))])
    expect(await verdict(signedResponse(old), now, settingsFor(old))).toMatchObject({ check: 'certificate' })
    expect(await verdict(signedResponse(next), now, settingsFor(next))).toMatchObject({ check: 'certificate' })
    const explained = await verdict(signedResponse(old), now, settingsFor(old, provider))
    expect(explained).toMatchObject({ check: 'certificate', what: expect.stringContaining('not valid now') })
    const inTime = { issued: later(-500), authnInstant: later(-500), notBefore: later(-600), confirmedUntil: later(300) }
    expect(await verdict(signedResponse(old, inTime), later(-500), settingsFor(old)), 'while it was valid').toMatchObject({
      accepted: true,
    })
  })
})

/** Readers as they are written in a hurry: some signature verifies, and then somebody's NameID is read from the document. */
const someSignatureVerifies = (xml: string): boolean => {
  const signatures = Array.from(new DOMParser().parseFromString(xml, 'text/xml').getElementsByTagNameNS(dsig, 'Signature'))
  return signatures.some((signature) => {
    const verifier = new SignedXml({ publicCert: provider.certificatePem })
    verifier.loadSignature(signature)
    return verifier.checkSignature(xml)
  })
}
const firstName = (xml: string): string | undefined => {
  const document = new DOMParser().parseFromString(xml, 'text/xml')
  return document.getElementsByTagName('saml:NameID')[0]?.textContent ?? undefined
}
const nameByPath = (xml: string): string | undefined => {
  const steps = [
    [assertionNs, 'Assertion'],
    [assertionNs, 'Subject'],
    [assertionNs, 'NameID'],
  ] as const
  let element: Element | undefined = readXml(xml, { characters: 1e6, elements: 1e4, depth: 64 })
  for (const [namespace, local] of steps) element = element && childrenOf(element, namespace, local)[0]
  return (element && textOf(element)) ?? undefined
}

describe('signature wrapping', () => {
  it.each(['1', '2', '3', '4', '5', '6', '7', '8'])('XSW %s is refused, and would fool a naive reader', async (number) => {
    const [name, xml] = [...wrapped(provider)].find(([title]) => title.startsWith(`XSW ${number}:`)) ?? ['', '']
    expect(someSignatureVerifies(xml), name).toBe(true)
    expect([firstName(xml), nameByPath(xml)]).toContain('eve')
    expect(await verdict(xml)).toMatchObject({ check: 'structure' })
    const further = await without('structure', xml)
    expect(further, 'the second fence: only what was signed is read').not.toMatchObject({ subject: 'eve' })
  })

  it('two assertions with one ID, and an ID in another spelling', async () => {
    const xml = signedResponse(provider)
    const twin = xml.replace('<samlp:Status>', '<samlp:Extensions><x Id="_assertion1"/></samlp:Extensions><samlp:Status>')
    expect(await verdict(twin)).toMatchObject({ check: 'structure' })
  })
})

describe('markup', () => {
  it('a comment that cuts the NameID in two', async () => {
    const xml = signedResponse(provider, { nameId: 'ada@example.com.evil.example' })
    const cut = xml.replace('ada@example.com.evil', 'ada@example.com<!---->.evil')
    expect(someSignatureVerifies(cut), 'the signature does not see it').toBe(true)
    expect(await verdict(cut)).toMatchObject({ check: 'markup' })
  })

  it('a DOCTYPE, which the library alone accepts', async () => {
    const xml = `<!DOCTYPE samlp:Response>${signedResponse(provider)}`
    expect(await libraryAlone(xml)).toBe('ada')
    expect(await verdict(xml)).toMatchObject({ check: 'markup' })
  })

  it('entities that grow, CDATA, processing instructions, unknown entities', async () => {
    const bomb = `<!DOCTYPE r [<!ENTITY a "${'x'.repeat(100)}"><!ENTITY b "${'&a;'.repeat(100)}">]>`
    const xml = signedResponse(provider)
    for (const hostile of [
      bomb + xml,
      xml.replace('>ada<', '><![CDATA[ada]]><'),
      xml.replace('<saml:Subject>', '<?x?><saml:Subject>'),
      xml.replace('>ada<', '>&b;<'),
    ]) {
      expect(await verdict(hostile)).toMatchObject({ check: 'markup' })
    }
  })
})

describe('size', () => {
  const filled = (count: number) =>
    given.responseXml(`<samlp:Extensions>${'<x/>'.repeat(count)}</samlp:Extensions>`, { status: 'urn:x' })

  it('10,000 flat siblings, and 2,001', async () => {
    expect(await verdict(filled(10_000))).toMatchObject({ check: 'elements' })
    expect(await verdict(filled(2_001))).toMatchObject({ check: 'elements' })
    expect(await verdict(filled(1_900))).toMatchObject({ check: 'status' })
  })

  it('elements 65 deep', async () => {
    const deep = (depth: number) => given.responseXml('<x>'.repeat(depth) + '</x>'.repeat(depth), { status: 'urn:x' })
    expect(await verdict(deep(64))).toMatchObject({ check: 'depth' })
    expect(await verdict(deep(40))).toMatchObject({ check: 'status' })
  })

  it('a document of 404 kB is refused without being read', async () => {
    const big = base64(filled(10_000).padEnd(404_000, ' '))
    const before = process.cpuUsage()
    expect(await validateResponse(settings, big, now, expected)).toMatchObject({ check: 'size' })
    const { user, system } = process.cpuUsage(before)
    expect(user + system).toBeLessThan(40_000) // microseconds of work, whatever else the machine does
  })

  it('compressed bombs stay what they are: no text', async () => {
    const bomb = Buffer.from(`<samlp:Response xmlns:samlp="${protocol}">${' '.repeat(50_000_000)}</samlp:Response>`)
    for (const packed of [deflateRawSync(bomb), gzipSync(bomb)]) {
      expect(packed.length).toBeLessThan(120_000)
      const verdict = await validateResponse(settings, packed.toString('base64'), now, expected)
      expect(verdict).toMatchObject({ check: 'encoding' })
    }
  })

  it('encrypted assertions are refused in plain words', async () => {
    const encrypted = given.responseXml('<saml:EncryptedAssertion><x/></saml:EncryptedAssertion>')
    expect(await verdict(encrypted)).toMatchObject({
      check: 'encrypted',
      change: expect.stringContaining('Turn assertion encryption off'),
    })
  })
})
