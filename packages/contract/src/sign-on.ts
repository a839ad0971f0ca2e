import { z } from 'zod'
import { text } from './ids.ts'

/** A name in the DNS, in its ASCII form. */
export const SsoDomainName = z
  .string()
  .max(253)
  .transform((name) => name.trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain, as example.com is one'))

/** What a provider added to our address: the part behind the `?`. */
export const SignOnParameters = z.string().min(1).max(8000)

/** Of an OpenID provider. */
export const OidcSettings = z.object({
  kind: z.literal('oidc'),
  issuer: z
    .url({ protocol: /^https$/ })
    .max(500)
    .describe('exactly as the provider names itself'),
  clientId: text(1, 500).nullable().default(null).describe('null: not known yet; the provider gives it'),
  mfaValues: z
    .array(text(1, 200))
    .max(10)
    .default([])
    .describe('values of `acr` that mean a second factor was confirmed; `amr` with `mfa` always does'),
})
export type OidcSettings = z.infer<typeof OidcSettings>

/** How to reach a provider; never a secret. Each kind of connection adds its own. */
export const ConnectionSettings = z.discriminatedUnion('kind', [OidcSettings])
export type ConnectionSettings = z.infer<typeof ConnectionSettings>
export type ConnectionKind = ConnectionSettings['kind']
