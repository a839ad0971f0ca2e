import { assertionXml, honest, responseXml, signed, signedResponse, type Said } from './provider.fixture.ts'
import type { SigningPair } from './signing-pair.ts'

/*
 * Signature wrapping, the eight classic shapes (Somorovsky et al., “On Breaking SAML: Be Whoever You Want to Be”, 2012). Each keeps what the
 * provider signed, so that the signature still verifies, and adds an assertion that says something else.
 */
const evil: Partial<Said> = { nameId: 'eve', assertionId: '_evil', id: '_evilresponse' }

const cut = (xml: string, from: string, to: string): [inside: string, before: string, after: string] => {
  const begin = xml.indexOf(from)
  const end = xml.indexOf(to, begin) + to.length
  return [xml.slice(begin, end), xml.slice(0, begin), xml.slice(end)]
}
const signatureOf = (xml: string) => cut(xml, '<ds:Signature', '</ds:Signature>')
const assertionOf = (xml: string) => cut(xml, '<saml:Assertion', '</saml:Assertion>')
const evilAssertion = (signature = '') => assertionXml(evil).replace('</saml:Issuer>', `</saml:Issuer>${signature}`)
const within = (signature: string, inside: string) => signature.replace('</ds:Signature>', `${inside}</ds:Signature>`)

export const wrapped = (by: SigningPair): ReadonlyMap<string, string> => {
  const signedWhole = signed(responseXml(assertionXml()), honest.id, by)
  const [responseSignature, before, after] = signatureOf(signedWhole)
  const bareResponse = before + after
  const genuine = signedResponse(by)
  const [assertion] = assertionOf(genuine)
  const [signature, head, tail] = signatureOf(assertion)
  const bareAssertion = head + tail
  const around = (inside: string) => responseXml(inside, { id: '_evilresponse' })
  const outer = (inside: string) =>
    responseXml(assertionXml(evil), evil).replace('</samlp:Response>', `${inside}</samlp:Response>`)
  return new Map([
    ['XSW 1: a changed response, with the signed one inside its signature', outer(within(responseSignature, bareResponse))],
    ['XSW 2: a changed response, with the signed one beside its signature', outer(bareResponse + responseSignature)],
    ['XSW 3: a changed assertion before the signed one', around(evilAssertion() + assertion)],
    [
      'XSW 4: the signed assertion inside a changed one',
      around(evilAssertion().replace('</saml:Assertion>', `${assertion}</saml:Assertion>`)),
    ],
    [
      'XSW 5: a changed assertion with the signature, the signed one without it after',
      around(evilAssertion(signature) + bareAssertion),
    ],
    ['XSW 6: the same, with the signed one inside the signature', around(evilAssertion(within(signature, bareAssertion)))],
    ['XSW 7: a changed assertion in an extension', around(`<samlp:Extensions>${evilAssertion()}</samlp:Extensions>${assertion}`)],
    [
      'XSW 8: the same, with the signed one in an object of the signature',
      around(evilAssertion(within(signature, `<ds:Object>${bareAssertion}</ds:Object>`))),
    ],
  ])
}
