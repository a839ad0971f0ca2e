import { randomBytes } from 'node:crypto'
import type { SamlSettings } from '@holdfast/contract'
import {
  createSigningPair,
  softAssertion,
  softResponse,
  unsignedAssertion,
  type SigningPair,
  type SoftAssertion,
} from '@holdfast/saml'
import { minutes } from '../identity/lifetimes.ts'
import { flawsAmong, type Attack } from './attack.ts'
import type { SignOnRequest } from './request.ts'
import type { SamlConnection, SamlProviders } from './saml.ts'

const provider = 'https://provider.invalid/saml'
const acsUrl = 'https://here.invalid/sso/callback/self-test'
const entityId = 'https://here.invalid/sso/metadata/self-test'

let pairs: Promise<[honest: SigningPair, foreign: SigningPair]> | null = null
/** Two keys for the life of the process: making one takes a good part of a second. */
const keys = (now: Date) => {
  const span = { notBefore: new Date(now.getTime() - minutes(60)) }
  return (pairs ??= Promise.all([createSigningPair('provider', span), createSigningPair('somebody else', span)]))
}

const saidFor = ({ state }: SignOnRequest, now: Date): SoftAssertion => ({
  assertionId: `_${randomBytes(16).toString('hex')}`,
  ...{ providerEntityId: provider, audience: entityId, acsUrl, requestId: state, subject: 'victim' },
  ...{ issued: now, expires: new Date(now.getTime() + minutes(5)) },
})

/** Published attacks: each would sign the attacker in as the victim where the fence it meets is missing. */
const attacksBy = ([honest, foreign]: [SigningPair, SigningPair], fresh: () => SoftAssertion): [string, string][] => {
  const said = fresh()
  const evil = { ...said, assertionId: `${said.assertionId}e` }
  const genuine = softAssertion({ ...said, subject: 'attacker' }, honest)
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(genuine)?.[0] ?? ''
  const bare = genuine.replace(signature, '')
  const forged = unsignedAssertion(evil)
  const issuer = '</saml:Issuer>'
  const cut = signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`)
  const old = new Date(said.issued.getTime() - minutes(60))
  const changed = (changes: Partial<SoftAssertion>) => {
    const other = { ...fresh(), ...changes }
    return softResponse({ ...said, assertionId: other.assertionId }, softAssertion(other, honest))
  }
  return [
    ['an unsigned assertion', softResponse(said, unsignedAssertion(said))],
    ['an assertion signed by somebody else', softResponse(said, softAssertion(said, foreign))],
    ['an assertion changed after it was signed', softResponse(said, genuine.replace('>attacker<', '>victim<'))],
    ['a forged assertion before the signed one (wrapping)', softResponse(said, forged + genuine)],
    ['a forged assertion after the signed one (wrapping)', softResponse(said, genuine + forged)],
    [
      'a forged assertion around the signed one (wrapping)',
      softResponse(said, forged.replace('</saml:Assertion>', `${genuine}</saml:Assertion>`)),
    ],
    [
      'a forged assertion with the signed one inside its signature (wrapping)',
      softResponse(said, forged.replace(issuer, `${issuer}${cut}`)),
    ],
    ['a name cut by a comment', softResponse(said, genuine.replace('>attacker<', '>victim<!---->.attacker<'))],
    ['an assertion for another service', changed({ audience: 'https://elsewhere.invalid' })],
    ['an assertion sent to another address', changed({ acsUrl: 'https://elsewhere.invalid/acs' })],
    ['an assertion by another provider', changed({ providerEntityId: 'https://elsewhere.invalid/saml' })],
    ['an answer to another request', changed({ requestId: `s${'A'.repeat(75)}` })],
    [
      'a name in another format than was asked for',
      changed({ nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' }),
    ],
    ['an old assertion', changed({ issued: old, expires: new Date(old.getTime() + minutes(5)) })],
  ]
}

/** What the code that checks SAML responses lets through, or does not let through though it should. `isNew` notes an assertion as used. */
export const samlFlaws = async (
  saml: Pick<SamlProviders, 'answer'>,
  request: SignOnRequest,
  isNew: (assertionId: string, until: Date) => Promise<boolean>,
  now: Date,
): Promise<{ tried: number; flaws: string[] }> => {
  const both = await keys(now)
  const [honest] = both
  const settings: SamlSettings = {
    kind: 'saml',
    provider: { entityId: provider, signOnUrl: `${provider}/sso`, certificates: [honest.certificatePem] },
    ...{ nameIdFormat: 'persistent', mfaValues: [] },
  }
  const connection: SamlConnection = { settings, privateKey: null, entityId, acsUrl }
  const answer = (form: string) => () =>
    saml.answer(connection, request, new URLSearchParams({ SAMLResponse: form }).toString(), now, isNew)
  const said = saidFor(request, now)
  const good = softResponse(said, softAssertion(said, honest))
  const attacks: Attack[] = attacksBy(both, () => saidFor(request, now)).map(([what, form]) => ({ what, answer: answer(form) }))
  return flawsAmong('a genuine SAML response', answer(good), [
    ...attacks,
    { what: 'the genuine response a second time', answer: answer(good) },
  ])
}
