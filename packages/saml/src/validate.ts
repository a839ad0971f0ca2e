import { envelopeFences, signatureOf } from './envelope.ts'
import { skewMs, type Fence, type Unverified, type Verified } from './fences.ts'
import { assertionNs } from './names.ts'
import {
  attributeOf,
  childrenOf,
  elementsOf,
  inLines,
  readXml,
  textOf,
  XmlRefused,
  type Element,
  type Limits,
} from './read-xml.ts'
import { verifiedAssertion } from './signature.ts'
import { authnStatementIn, freshMs, instantOf, nameIdFormatOf, statementFences, subjectIn } from './statements.ts'
import { reject, type Accepted, type Attribute, type Expected, type Rejection, type Settings, type Verdict } from './verdict.ts'

export const largestBytes = 128 * 1024
/** The longest base64 that can hold as much, with a line break after every 64 characters. */
export const largestBase64 = Math.ceil(largestBytes / 3) * 4 + Math.ceil(largestBytes / 24)
const limits: Limits = { characters: largestBytes, elements: 2_000, depth: 64 }

const tooLarge = (): Rejection =>
  reject('size', 'The response is larger than 128 KiB.', 'Let the provider send fewer attributes, above all fewer groups.')

const notText = (): Rejection =>
  reject('encoding', 'The response is not base64 of UTF-8 text.', 'Let the provider use the HTTP-POST binding, uncompressed.')

/** The text that was sent. Nothing is ever decompressed: the POST binding does not compress. */
export const decodeResponse = (base64: string): { text: string } | Rejection => {
  if (base64.length > largestBase64) return tooLarge()
  const compact = base64.replace(/[\r\n\t ]+/g, '')
  if (compact === '' || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return notText()
  const bytes = Buffer.from(compact, 'base64')
  if (bytes.length > largestBytes) return tooLarge()
  try {
    return { text: inLines(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) }
  } catch {
    return notText()
  }
}

const read = (text: string): Element | Rejection => {
  try {
    return readXml(text, limits)
  } catch (error) {
    if (error instanceof XmlRefused) return error.rejection
    throw error
  }
}

/** The part that is cheap and linear, before anything else is asked of anybody: size, encoding, markup, counts, form. */
export const firstLook = (base64: string): { text: string; response: Element } | Rejection => {
  const decoded = decodeResponse(base64)
  if ('accepted' in decoded) return decoded
  const response = read(decoded.text)
  return 'accepted' in response ? response : { ...decoded, response }
}

/** Which request a response says it answers; null where it cannot be read or names none. Nothing is believed by it. */
export const answeredRequest = (base64: string): string | null => {
  const looked = firstLook(base64)
  return 'accepted' in looked ? null : attributeOf(looked.response, 'InResponseTo')
}

const attributesOf = (assertion: Element): readonly Attribute[] =>
  childrenOf(assertion, assertionNs, 'AttributeStatement')
    .flatMap((statement) => childrenOf(statement, assertionNs, 'Attribute'))
    .map((element) => ({
      name: attributeOf(element, 'Name') ?? '',
      // Values may be elements (eduPersonTargetedID); nothing of ours reads those.
      values: childrenOf(element, assertionNs, 'AttributeValue').flatMap((value) => textOf(value) ?? []),
    }))

const accept = (assertion: Element): Accepted | Rejection => {
  const [nameId] = childrenOf(subjectIn(assertion) ?? assertion, assertionNs, 'NameID')
  const statement = authnStatementIn(assertion)
  const issued = instantOf(attributeOf(assertion, 'IssueInstant'))
  const authnInstant = instantOf(statement ? attributeOf(statement, 'AuthnInstant') : null)
  const subject = nameId && textOf(nameId)
  const assertionId = attributeOf(assertion, 'ID')
  if (!nameId || !statement || !issued || !authnInstant || !subject || !assertionId)
    return reject('structure', 'The assertion lacks a part.', 'Let the provider use the Web Browser SSO profile.')
  const [context] = childrenOf(statement, assertionNs, 'AuthnContext').flatMap((element) => elementsOf(element))
  return {
    ...{ accepted: true, subject, assertionId, authnInstant, attributes: attributesOf(assertion) },
    nameIdFormat: nameIdFormatOf(nameId),
    sessionIndex: attributeOf(statement, 'SessionIndex'),
    // Later than that the fence `expiry` refuses it whatever it says of itself.
    notOnOrAfter: new Date(issued.getTime() + freshMs + skewMs),
    authnContext: context?.local === 'AuthnContextClassRef' ? textOf(context) : null,
  }
}

interface Fences {
  envelope: readonly Fence<Unverified>[]
  statements: readonly Fence<Verified>[]
}
export const allFences: Fences = { envelope: envelopeFences, statements: statementFences }

const firstRefusal = <S>(fences: readonly Fence<S>[], subject: S): Rejection | null => {
  for (const { refuse } of fences) {
    const refused = refuse(subject)
    if (refused) return refused
  }
  return null
}

/** `validateResponse` behind other fences than all of them: for tests, which take one away to see who gets in. */
export const validateBehind = async (
  { envelope, statements }: Fences,
  settings: Settings,
  base64: string,
  now: Date,
  expected: Expected,
): Promise<Verdict> => {
  const looked = firstLook(base64)
  if ('accepted' in looked) return looked
  const { text, response } = looked
  const unverified: Unverified = { response, settings, expected, now }
  const refused = firstRefusal(envelope, unverified)
  if (refused) return refused
  const signed = await verifiedAssertion(text, unverified)
  if (typeof signed !== 'string') return signed
  const assertion = read(signed)
  if ('accepted' in assertion) return assertion
  const verified: Verified = { ...unverified, assertion, responseSigned: signatureOf(response) !== undefined }
  return firstRefusal(statements, verified) ?? accept(assertion)
}

/**
 * Whether the response to our request, as it came in the form, proves who somebody is. Pure: nothing is remembered. That a request is
 * answered once, and an assertion used once, is for the caller to see to.
 */
export const validateResponse = (settings: Settings, base64: string, now: Date, expected: Expected): Promise<Verdict> =>
  validateBehind(allFences, settings, base64, now, expected)
