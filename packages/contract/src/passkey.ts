import { z } from 'zod'

/** Binary values travel as base64url without padding (WebAuthn Level 3 §5.1). */
const base64url = (atMost: number) =>
  z
    .string()
    .min(1)
    .max(atMost)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')

/** At most 1023 bytes (WebAuthn Level 3 §5.8.3). */
const CredentialId = base64url(1364)
const Transport = z.string().regex(/^[a-z-]{1,32}$/)
const Descriptor = z.object({ id: CredentialId, type: z.literal('public-key'), transports: z.array(Transport).max(10) })

/** For `navigator.credentials.get()`, in its JSON form. */
export const PasskeyRequestOptions = z.object({
  challenge: z.string(),
  rpId: z.string(),
  timeout: z.number().int().describe('milliseconds'),
  userVerification: z.literal('required'),
  allowCredentials: z.array(Descriptor).max(20).describe('empty: whichever passkey the person chooses'),
})

/** For `navigator.credentials.create()`, in its JSON form. */
export const PasskeyCreationOptions = z.object({
  challenge: z.string(),
  rp: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.number().int() })).max(5),
  timeout: z.number().int().describe('milliseconds'),
  attestation: z.literal('none'),
  excludeCredentials: z.array(Descriptor).max(20),
  authenticatorSelection: z.object({
    residentKey: z.literal('required'),
    requireResidentKey: z.literal(true),
    userVerification: z.literal('required'),
  }),
})

/** What an authenticator answers to a request. */
export const PasskeyAssertion = z
  .object({
    id: CredentialId,
    response: z.object({
      clientDataJSON: base64url(8192),
      authenticatorData: base64url(4096),
      signature: base64url(2048),
      userHandle: base64url(128).optional(),
    }),
  })
  .describe('what navigator.credentials.get() answered')
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

/** What an authenticator answers when it has made a passkey. */
export const PasskeyRegistration = z
  .object({
    id: CredentialId,
    response: z.object({
      clientDataJSON: base64url(8192),
      attestationObject: base64url(32_768),
      transports: z.array(Transport).max(10).default([]),
    }),
  })
  .describe('what navigator.credentials.create() answered')
export type PasskeyRegistration = z.infer<typeof PasskeyRegistration>

/**
 * What shows that the person is there for this very act: a code of the authenticator app (or a recovery code), used up by it; or a passkey
 * whose challenge was asked for with this act, so that another operation or another input refuses it.
 */
export const proof = {
  code: z.string().min(6).max(20).optional().describe('a code of the second factor, entered for this act'),
  passkey: PasskeyAssertion.optional(),
}
export const proofErrors = { code_needed: 403, code_refused: 403, passkey_refused: 403, no_factor: 403 } as const
