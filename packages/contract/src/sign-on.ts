import { z } from 'zod'
import { text } from './ids.ts'

/** A name in the DNS, in its ASCII form. */
export const SsoDomainName = z
  .string()
  .max(253)
  .transform((name) => name.trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain, as example.com is one'))

/** What a provider added to our address: the part behind the `?`; or the form it sent, in the same encoding. */
export const SignOnParameters = z.string().min(1).max(240_000)
/** A form of SAML is larger than what others answer. */
export const signOnBodyBytes = 256 * 1024

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

/** Of a SAML 2.0 provider. Its certificates are public. */
export const SamlProvider = z.object({
  entityId: text(1, 1024).describe('exactly as the provider names itself'),
  signOnUrl: z
    .url({ protocol: /^https$/ })
    .max(2000)
    .describe('for the binding HTTP-Redirect'),
  certificates: z
    .array(z.string().min(100).max(8000))
    .min(1)
    .max(4)
    .describe('PEM; more than one while the provider changes them'),
})
export type SamlProvider = z.infer<typeof SamlProvider>
/** What SAML requests ask the NameID to be. */
export const NameIdFormat = z.enum(['persistent', 'unspecified'])
export type NameIdFormat = z.infer<typeof NameIdFormat>
export const SamlSettings = z.object({
  kind: z.literal('saml'),
  provider: SamlProvider.nullable().default(null).describe('null: not known yet; its metadata says it'),
  nameIdFormat: NameIdFormat.nullable()
    .optional()
    .describe(
      'what requests ask the NameID to be, and what must come then; null: they name none. Not given: as it is; of a new connection persistent',
    ),
  mfaValues: z
    .array(text(1, 200))
    .max(10)
    .default([])
    .describe('AuthnContextClassRef values that mean a second factor was confirmed, beside those of REFEDS and Microsoft'),
})
export type SamlSettings = z.infer<typeof SamlSettings>
/** Of a provider, instead of `settings.provider`: where it is, or the document itself. */
export const SamlMetadata = z.object({
  url: z
    .url({ protocol: /^https$/ })
    .max(2000)
    .optional(),
  xml: z
    .string()
    .min(1)
    .max(512 * 1024)
    .optional(),
})

/** How to reach a provider; never a secret. Each kind of connection adds its own. */
export const ConnectionSettings = z.discriminatedUnion('kind', [OidcSettings, SamlSettings])
export type ConnectionSettings = z.infer<typeof ConnectionSettings>
export type ConnectionKind = ConnectionSettings['kind']
