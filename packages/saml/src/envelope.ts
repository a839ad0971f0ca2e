import type { Fence, Unverified } from './fences.ts'
import {
  assertionNs,
  digestAlgorithms,
  dsig,
  envelopedSignature,
  excC14n,
  protocol,
  signatureAlgorithms,
  success,
} from './names.ts'
import { attributeOf, childrenOf, elementsOf, everyElement, isNamed, textOf, type Element } from './read-xml.ts'
import { quoted, reject, type Rejection } from './verdict.ts'

/** The one assertion, where it has to be. Only after `structure` has looked. */
export const assertionIn = (response: Element): Element | undefined => childrenOf(response, assertionNs, 'Assertion')[0]
export const signatureOf = (element: Element): Element | undefined => childrenOf(element, dsig, 'Signature')[0]

const lastPart = (urn: string | null): string => urn?.split(':').at(-1) ?? ''

const status: Fence<Unverified> = {
  check: 'status',
  refuse: ({ response }) => {
    const outer = childrenOf(response, protocol, 'Status').flatMap((element) => childrenOf(element, protocol, 'StatusCode'))
    const [code] = outer
    if (outer.length === 1 && code && attributeOf(code, 'Value') === success) return null
    const inner = code && childrenOf(code, protocol, 'StatusCode')[0]
    const said = [code, inner].flatMap((element) => (element ? [lastPart(attributeOf(element, 'Value'))] : []))
    const [message] = childrenOf(response, protocol, 'Status').flatMap((element) =>
      childrenOf(element, protocol, 'StatusMessage'),
    )
    return reject(
      'status',
      `The provider itself refused: ${quoted(said.join(', '))}${message ? `, with the message ${quoted(textOf(message))}` : ''}.`,
      'Look at the sign-in log of the provider: usually the person is not assigned to this application, or it asks for something our request does not offer.',
    )
  },
}

const encrypted: Fence<Unverified> = {
  check: 'encrypted',
  refuse: ({ response }) => {
    const hidden = [...everyElement(response)].some(({ local }) => local.startsWith('Encrypted'))
    return hidden
      ? reject(
          'encrypted',
          'The assertion, or a part of it, is encrypted.',
          'Turn assertion encryption off for this application. The response travels over TLS and is signed.',
        )
      : null
  },
}

// Wrapped signatures (XSW) need a second assertion, response or signature somewhere. There is no place for one.
const structure: Fence<Unverified> = {
  check: 'structure',
  refuse: ({ response }) => {
    const refuse = (what: string) =>
      reject('structure', what, 'No known provider sends such a response. Somebody may have changed it on its way.')
    if (!isNamed(response, protocol, 'Response')) return refuse('This is not a SAML 2.0 response.')
    const all = [...everyElement(response)]
    const count = (local: string) => all.filter((element) => element.local === local).length
    const assertion = assertionIn(response)
    if (!assertion || count('Assertion') !== 1) return refuse('There must be exactly one assertion, directly in the response.')
    if (count('Response') !== 1) return refuse('There is a response within the response.')
    const places = [response, assertion]
    const placed = places.flatMap((element) => childrenOf(element, dsig, 'Signature'))
    if (placed.length !== count('Signature') || places.some((element) => childrenOf(element, dsig, 'Signature').length > 1))
      return refuse('There is a signature at a place where none belongs.')
    const ids = all.flatMap(({ attributes }) =>
      attributes.flatMap(({ local, value }) => (local.toLowerCase() === 'id' ? [value] : [])),
    )
    if (new Set(ids).size !== ids.length) return refuse('Two elements have the same ID.')
    return null
  },
}

const signatureMissing: Fence<Unverified> = {
  check: 'signature_missing',
  refuse: ({ response }) => {
    const assertion = assertionIn(response)
    if (assertion && signatureOf(assertion)) return null
    const only = signatureOf(response) ? 'Only the response is signed, not the assertion.' : 'Nothing is signed.'
    return reject('signature_missing', only, 'Let the provider sign the assertion. It may sign the response as well.')
  },
}

const names = (elements: readonly Element[]): string => elements.map(({ local }) => local).join(' ')

const wrongAlgorithm = (what: string, used: string | null): Rejection =>
  reject(
    'algorithm',
    `${what} is ${quoted(used)}.`,
    'Let the provider sign with RSA-SHA256, digest SHA-256 and exclusive canonicalisation.',
  )

const unusual = (what: string): Rejection =>
  reject(
    'algorithm',
    `The signature is built in an unusual way: ${what}.`,
    'Let the provider sign the assertion by its usual method.',
  )

const transformsRefused = (reference: Element): Rejection | null => {
  const transforms = childrenOf(reference, dsig, 'Transforms').flatMap(elementsOf)
  const used = transforms.map((transform) => attributeOf(transform, 'Algorithm'))
  if (used.join(' ') !== `${envelopedSignature} ${excC14n}`) return wrongAlgorithm('The list of transforms', used.join(' '))
  const inside = transforms.flatMap(elementsOf)
  return inside.every((element) => isNamed(element, excC14n, 'InclusiveNamespaces'))
    ? null
    : unusual('a transform has parameters')
}

/** Whether one signature is of the only form we read: everything a verifier would look up is where it belongs, once. */
const signatureRefused = (signed: Element, signature: Element): Rejection | null => {
  if (!/^SignedInfo SignatureValue( KeyInfo)?$/.test(names(elementsOf(signature))))
    return unusual('it has other parts than usual')
  const [signedInfo] = childrenOf(signature, dsig, 'SignedInfo')
  if (!signedInfo || names(elementsOf(signedInfo)) !== 'CanonicalizationMethod SignatureMethod Reference')
    return unusual('it does not sign exactly one thing')
  const [method] = childrenOf(signedInfo, dsig, 'SignatureMethod')
  const [canonical] = childrenOf(signedInfo, dsig, 'CanonicalizationMethod')
  const [reference] = childrenOf(signedInfo, dsig, 'Reference')
  if (!method || !canonical || !reference || elementsOf(method).length > 0) return unusual('parts are missing')
  const algorithm = attributeOf(method, 'Algorithm')
  if (!signatureAlgorithms.has(algorithm ?? '')) return wrongAlgorithm('The signature algorithm', algorithm)
  if (attributeOf(canonical, 'Algorithm') !== excC14n || elementsOf(canonical).length > 0)
    return wrongAlgorithm('The canonicalisation', attributeOf(canonical, 'Algorithm'))
  if (names(elementsOf(reference)) !== 'Transforms DigestMethod DigestValue')
    return unusual('its reference has other parts than usual')
  const digest = childrenOf(reference, dsig, 'DigestMethod').map((element) => attributeOf(element, 'Algorithm'))[0] ?? null
  if (!digestAlgorithms.has(digest ?? '')) return wrongAlgorithm('The digest', digest)
  const id = attributeOf(signed, 'ID')
  if (!id || !/^[A-Za-z_][\w.-]{0,255}$/.test(id) || attributeOf(reference, 'URI') !== `#${id}`)
    return unusual('it does not sign the element it is in')
  return transformsRefused(reference)
}

const algorithm: Fence<Unverified> = {
  check: 'algorithm',
  refuse: ({ response }) => {
    for (const signed of [response, assertionIn(response)]) {
      const signature = signed && signatureOf(signed)
      const refused = signature && signatureRefused(signed, signature)
      if (refused) return refused
    }
    return null
  },
}

/** In this order: what a provider says itself comes first, since it then sends no assertion. */
export const envelopeFences: readonly Fence<Unverified>[] = [status, encrypted, structure, signatureMissing, algorithm]
