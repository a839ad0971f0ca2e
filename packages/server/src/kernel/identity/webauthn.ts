import type { PasskeyAssertion, PasskeyRegistration } from '@holdfast/contract'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'

/** The name and the address that passkeys are bound to (WebAuthn Level 3 §5.1.2). */
export interface RelyingParty {
  id: string
  origin: string
}

export const relyingPartyOf = (publicUrl: string): RelyingParty => {
  const { hostname, origin } = new URL(publicUrl)
  return { id: hostname, origin }
}

/** ES256, EdDSA, RS256 (COSE): what the authenticators in people's hands can do. */
export const algorithms = [-7, -8, -257]

/** What is kept of a passkey, sealed. Binary values as base64url. */
export interface Credential {
  id: string
  publicKey: string
  transports: string[]
}

/** The challenge that the browser says was answered; an empty one fits nothing. */
export const challengeIn = (clientDataJson: string): string => {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8')) as { challenge?: unknown }
    return typeof challenge === 'string' ? challenge : ''
  } catch {
    return '' // not JSON: verification refuses it
  }
}

type Expected = RelyingParty & { challenge: string }
const expectedOf = ({ id, origin, challenge }: Expected) => ({
  expectedRPID: id,
  expectedOrigin: origin,
  expectedChallenge: challenge,
  requireUserVerification: true, // a PIN or a fingerprint: without it a passkey is one factor, not two
})

export interface Asserted {
  counter: number
  backedUp: boolean
}

/**
 * Whether an assertion was made by this credential, for us, with its person there and recognised (§7.2). Null when not; every failure of
 * the library is a refusal. The counter is left to the caller, who knows the last one.
 */
export const checkAssertion = async (
  { id, response }: PasskeyAssertion,
  credential: Credential,
  expected: Expected,
): Promise<Asserted | null> => {
  const { userHandle, ...signed } = response
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...expectedOf(expected),
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: { ...signed, ...(userHandle !== undefined && { userHandle }) },
      },
      credential: { id: credential.id, publicKey: new Uint8Array(Buffer.from(credential.publicKey, 'base64url')), counter: 0 },
    })
    return verified ? { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp } : null
  } catch {
    return null // says nothing that its sender may learn
  }
}

/** Whether a registration is one for us, by one of our algorithms, with its person recognised (§7.1). Null when not. */
export const checkRegistration = async (
  { id, response }: PasskeyRegistration,
  expected: Expected,
): Promise<(Asserted & { credential: Credential }) | null> => {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...expectedOf(expected),
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
      },
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) return null
    const { credential, credentialBackedUp } = registrationInfo
    const publicKey = Buffer.from(credential.publicKey).toString('base64url')
    return {
      credential: { id: credential.id, publicKey, transports: response.transports },
      counter: credential.counter,
      backedUp: credentialBackedUp,
    }
  } catch {
    return null
  }
}
