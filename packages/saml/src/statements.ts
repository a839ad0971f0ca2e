import { skewMs, type Fence, type Verified } from './fences.ts'
import { assertionNs, bearer, nameIdFormats, protocol } from './names.ts'
import { attributeOf, childrenOf, elementsOf, isNamed, textOf, type Element } from './read-xml.ts'
import { quoted, reject } from './verdict.ts'

/** An assertion that was made longer ago was not made for the request it answers. */
export const freshMs = 600_000

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
/** An xs:dateTime with its zone; null for anything else. */
export const instantOf = (text: string | null): Date | null => {
  if (text === null || !instant.test(text)) return null
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at
}

const only = (element: Element | undefined, local: string): Element | undefined => {
  const found = element ? childrenOf(element, assertionNs, local) : []
  return found.length === 1 ? found[0] : undefined
}
/** What the NameID says it is; without a word that is `unspecified` (Core § 2.2.2). */
export const nameIdFormatOf = (nameId: Element): string => attributeOf(nameId, 'Format') ?? nameIdFormats.unspecified
export const subjectIn = (assertion: Element) => only(assertion, 'Subject')
const confirmationIn = (assertion: Element) => only(subjectIn(assertion), 'SubjectConfirmation')
const confirmationDataIn = (assertion: Element) => only(confirmationIn(assertion), 'SubjectConfirmationData')
export const authnStatementIn = (assertion: Element) => only(assertion, 'AuthnStatement')

const clocks = 'Check the clocks of both sides; if they are right, try again.'
const before = (at: Date, now: Date) => at.getTime() <= now.getTime() - skewMs
const after = (at: Date, now: Date) => at.getTime() > now.getTime() + skewMs

const issuer: Fence<Verified> = {
  check: 'issuer',
  refuse: ({ assertion, response, settings: { providerEntityId } }) => {
    const inResponse = childrenOf(response, assertionNs, 'Issuer')
    const inAssertion = childrenOf(assertion, assertionNs, 'Issuer')
    const right = [...inAssertion, ...inResponse].every((element) => textOf(element) === providerEntityId)
    if (right && inAssertion.length === 1 && inResponse.length <= 1) return null
    const named = [...inAssertion, ...inResponse].map(textOf).find((name) => name !== providerEntityId)
    return reject(
      'issuer',
      `The response names ${quoted(named)} as its issuer, but this connection belongs to ${quoted(providerEntityId)}.`,
      'Correct the provider’s entity id here, or use the provider this connection was made for.',
    )
  },
}

const destination: Fence<Verified> = {
  check: 'destination',
  refuse: ({ response, responseSigned, settings: { acsUrl } }) => {
    const named = attributeOf(response, 'Destination')
    // Bindings § 3.5.5.2: a signed response has to name it.
    if (named === acsUrl || (named === null && !responseSigned)) return null
    return reject(
      'destination',
      `The response was made for the address ${quoted(named)}, not for ${quoted(acsUrl)}.`,
      'Copy the assertion consumer service (ACS) URL from this page to the provider.',
    )
  },
}

const recipient: Fence<Verified> = {
  check: 'recipient',
  refuse: ({ assertion, settings: { acsUrl } }) => {
    const data = confirmationDataIn(assertion)
    const named = data ? attributeOf(data, 'Recipient') : null
    return named === acsUrl
      ? null
      : reject(
          'recipient',
          `The assertion is for the recipient ${quoted(named)}, not for ${quoted(acsUrl)}.`,
          'Set the recipient (often called “Recipient URL” or “Single sign-on URL”) to the ACS URL on this page.',
        )
  },
}

const confirmation: Fence<Verified> = {
  check: 'confirmation',
  refuse: ({ assertion }) => {
    const element = confirmationIn(assertion)
    const method = element ? attributeOf(element, 'Method') : null
    return method === bearer && confirmationDataIn(assertion)
      ? null
      : reject(
          'confirmation',
          `The subject is not confirmed exactly once by the method “bearer”, but by ${quoted(method)}.`,
          'Let the provider use the Web Browser SSO profile, whose confirmation is “bearer”.',
        )
  },
}

const request: Fence<Verified> = {
  check: 'request',
  refuse: ({ assertion, response, expected: { requestId } }) => {
    const data = confirmationDataIn(assertion)
    const answered = [attributeOf(response, 'InResponseTo'), data ? attributeOf(data, 'InResponseTo') : null]
    if (answered.every((id) => id === requestId)) return null
    return answered.every((id) => id === null)
      ? reject(
          'request',
          'The provider began this sign-in itself; nobody had asked here.',
          'Let the tile in the provider’s portal open the sign-in address on this page instead of sending a response.',
        )
      : reject(
          'request',
          'The response answers another sign-in than the one under way in this browser.',
          'Begin the sign-in anew.',
        )
  },
}

const expiry: Fence<Verified> = {
  check: 'expiry',
  refuse: ({ assertion, now }) => {
    const late = (what: string) => reject('expiry', what, clocks)
    const [data, conditions] = [confirmationDataIn(assertion), only(assertion, 'Conditions')]
    const issued = instantOf(attributeOf(assertion, 'IssueInstant'))
    const confirmedUntil = instantOf(data ? attributeOf(data, 'NotOnOrAfter') : null)
    if (!issued || !confirmedUntil) return late('The assertion does not say when it was made, or until when it may be used.')
    if (after(issued, now)) return late('The assertion was made in the future.')
    if (issued.getTime() <= now.getTime() - freshMs - skewMs) return late('The assertion was made more than ten minutes ago.')
    for (const element of [data, conditions]) {
      const [from, until] = ['NotBefore', 'NotOnOrAfter'].map((name) => (element ? attributeOf(element, name) : null))
      const [begins, ends] = [instantOf(from ?? null), instantOf(until ?? null)]
      if ((from != null && !begins) || (until != null && !ends)) return late('A time in the assertion cannot be read.')
      if (begins && after(begins, now)) return late('The assertion is not valid yet.')
      if (ends && before(ends, now)) return late('The assertion has expired.')
    }
    return null
  },
}

const audience: Fence<Verified> = {
  check: 'audience',
  refuse: ({ assertion, settings: { entityId } }) => {
    const restrictions = childrenOf(assertion, assertionNs, 'Conditions').flatMap((element) =>
      childrenOf(element, assertionNs, 'AudienceRestriction'),
    )
    const named = restrictions.map((element) => childrenOf(element, assertionNs, 'Audience').map(textOf))
    if (named.length > 0 && named.every((audiences) => audiences.includes(entityId))) return null
    return reject(
      'audience',
      `The assertion is for ${quoted(named.flat().join(', '))}, not for ${quoted(entityId)}.`,
      'Copy our entity id from this page to the provider (often called “Audience URI” or “Identifier”).',
    )
  },
}

const known = new Set(['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'])

const conditions: Fence<Verified> = {
  check: 'conditions',
  refuse: ({ assertion }) => {
    // Core § 2.5.1: what we do not understand, we cannot keep.
    const unknown = childrenOf(assertion, assertionNs, 'Conditions')
      .flatMap(elementsOf)
      .find((element) => element.namespace !== assertionNs || !known.has(element.local))
    return unknown
      ? reject(
          'conditions',
          `The assertion sets a condition we do not know: ${quoted(unknown.local)}.`,
          'Turn that condition off.',
        )
      : null
  },
}

const authentication: Fence<Verified> = {
  check: 'authentication',
  refuse: ({ assertion, expected: { authenticatedAfter }, now }) => {
    const statement = authnStatementIn(assertion)
    const at = instantOf(statement ? attributeOf(statement, 'AuthnInstant') : null)
    const until = statement ? attributeOf(statement, 'SessionNotOnOrAfter') : null
    const ends = instantOf(until)
    const refuse = (what: string, change: string) => reject('authentication', what, change)
    if (!at)
      return refuse('The assertion does not say when the person signed in at the provider.', 'Let it send an AuthnStatement.')
    if (after(at, now)) return refuse('The person signed in at the provider in the future.', clocks)
    if (until !== null && (!ends || before(ends, now))) return refuse('The session at the provider has ended.', 'Sign in again.')
    if (authenticatedAfter && at.getTime() < authenticatedAfter.getTime() - skewMs)
      return refuse('We asked for a new sign-in, but the provider used an old session.', 'Let the provider obey ForceAuthn.')
    return null
  },
}

const subject: Fence<Verified> = {
  check: 'subject',
  refuse: ({ assertion }) => {
    const refuse = (what: string) => reject('subject', what, 'Let the provider send one NameID that never changes for a person.')
    const nameIds = childrenOf(subjectIn(assertion) ?? assertion, assertionNs, 'NameID')
    const name = nameIds[0] && textOf(nameIds[0])
    if (nameIds.length !== 1 || !name) return refuse('The assertion names nobody, or more than one.')
    if (name.length > 256) return refuse('The NameID is longer than 256 characters.')
    if (name !== name.trim() || /\p{Cc}|\p{Cf}/u.test(name)) return refuse('The NameID has invisible characters.')
    if (nameIds.some((element) => nameIdFormatOf(element).length > 256))
      return refuse('The format of the NameID is longer than 256 characters.')
    return nameIds.some((element) => nameIdFormatOf(element).endsWith(':transient'))
      ? refuse('The NameID is transient: it is another one at each sign-in, so nobody could be recognised by it.')
      : null
  },
}

// Core § 3.4.1.1: what is asked for has to be what comes. One text means different people in different formats.
const nameIdFormat: Fence<Verified> = {
  check: 'name_id_format',
  refuse: ({ assertion, settings: { nameIdFormat: asked } }) => {
    const [nameId] = childrenOf(subjectIn(assertion) ?? assertion, assertionNs, 'NameID')
    const sent = nameId && nameIdFormatOf(nameId)
    // Of a name that may be anything, any format is one.
    if (asked === null || asked === 'unspecified' || sent === nameIdFormats[asked]) return null
    return reject(
      'name_id_format',
      `The NameID has the format ${quoted(sent)}, but we asked for ${quoted(nameIdFormats[asked])}.`,
      'Set the Name ID format at the provider to what this connection asks for (often “Persistent”).',
    )
  },
}

const version: Fence<Verified> = {
  check: 'version',
  refuse: ({ assertion, response }) => {
    const both = [response, assertion].every((element) => attributeOf(element, 'Version') === '2.0')
    const id = attributeOf(assertion, 'ID')
    const right = both && id !== null && isNamed(assertion, assertionNs, 'Assertion') && isNamed(response, protocol, 'Response')
    return right && childrenOf(assertion, assertionNs, 'Conditions').length === 1
      ? null
      : reject('version', 'The response is not one of SAML 2.0 with its conditions.', 'Let the provider use SAML 2.0.')
  },
}

export const statementFences: readonly Fence<Verified>[] = [
  ...[issuer, version, confirmation, destination, recipient, request],
  ...[expiry, audience, conditions, authentication, subject, nameIdFormat],
]
