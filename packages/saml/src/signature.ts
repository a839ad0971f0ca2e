import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import { assertionIn, signatureOf } from './envelope.ts'
import { readCertificate, validAt, type Certificate } from './certificate.ts'
import type { Unverified } from './fences.ts'
import { everyElement, textOf } from './read-xml.ts'
import { reject, type Rejection } from './verdict.ts'

const day = (at: Date): string => at.toISOString().slice(0, 10)
const short = ({ fingerprint, notAfter }: Certificate): string => `${fingerprint.slice(0, 16)}… (until ${day(notAfter)})`
const upload = 'Upload the provider’s metadata again, or add the certificate it signs with now.'

/** The certificate a response names is not believed, but it tells an administrator what has happened. */
const explain = ({ response, now }: Unverified, held: readonly Certificate[]): Rejection => {
  const assertion = assertionIn(response)
  const signature = assertion && signatureOf(assertion)
  const inside = signature ? [...everyElement(signature)].find(({ local }) => local === 'X509Certificate') : undefined
  const named = readCertificate((inside && textOf(inside)) ?? '')
  const known = named && held.find(({ fingerprint }) => fingerprint === named.fingerprint)
  if (known && !validAt(known, now))
    return reject('certificate', `The provider signs with a certificate that is not valid now: ${short(known)}.`, upload)
  if (named && !known)
    return reject(
      'signature',
      `The provider signs with the certificate ${short(named)}, which this connection does not have.`,
      `If the provider has changed its certificate: ${upload.charAt(0).toLowerCase()}${upload.slice(1)}`,
    )
  return reject(
    'signature',
    'The signature does not fit: the response was changed after it was signed, or signed by somebody else.',
    upload,
  )
}

/** The assertion, taken from what the provider signed and from nothing else; or why not. Only certificates that are valid now count. */
export const verifiedAssertion = async (text: string, unverified: Unverified): Promise<string | Rejection> => {
  const { settings, now, response } = unverified
  const held = settings.certificates.flatMap((pem) => readCertificate(pem) ?? [])
  const valid = held.filter((certificate) => validAt(certificate, now))
  if (valid.length === 0)
    return reject(
      'certificate',
      'None of the certificates of this connection is valid now.',
      `${upload} Expired ones do not count.`,
    )
  const saml = new SAML({
    idpCert: valid.map(({ pem }) => pem),
    issuer: settings.entityId,
    callbackUrl: settings.acsUrl,
    wantAssertionsSigned: true,
    // A signature that is there has to be right, wanted or not.
    wantAuthnResponseSigned: signatureOf(response) !== undefined,
    // Ours (statements.ts): it looks at the signed text, and at our clock.
    audience: false,
    acceptedClockSkewMs: -1,
    validateInResponseTo: ValidateInResponseTo.never,
  })
  try {
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: Buffer.from(text).toString('base64') })
    return profile?.getAssertionXml?.() ?? explain(unverified, held)
  } catch {
    return explain(unverified, held) // its messages quote what a stranger sent
  }
}
