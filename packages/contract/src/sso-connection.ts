import { z } from 'zod'
import { Instant, SsoConnectionId } from './ids.ts'
import { ConnectionSettings } from './sign-on.ts'

/** Whom nobody invited comes in as, where a connection lets them: never as Owner or Admin. */
export const SsoDefaultRole = z.enum(['reviewer', 'member', 'viewer'])

/** One of the two ends of a signature; the certificate is public. */
const KnownCertificate = z.object({ fingerprint: z.string().describe('SHA-256'), notBefore: Instant, notAfter: Instant })

/** What our SAML requests are signed with. */
const SigningKeys = z.object({
  current: KnownCertificate.describe('in use'),
  other: KnownCertificate.extend({
    is: z.enum(['next', 'previous']).describe('not used yet, or no longer; in our metadata beside the one in use'),
    since: Instant,
    testedAt: Instant.nullable().describe('the provider answered a test that was signed with it'),
  }).nullable(),
})

export const SsoConnection = z.object({
  id: SsoConnectionId,
  name: z.string(),
  state: z.enum(['draft', 'active', 'frozen']).describe('frozen: the plan has lapsed; people sign in, nothing can be changed'),
  settings: ConnectionSettings,
  secretSet: z.boolean(),
  secretExpiresAt: Instant.nullable().describe('of the secret, or of the certificate that runs out first'),
  defaultRole: SsoDefaultRole.nullable().describe('null: who is no member is not let in'),
  redirectUri: z.url().describe('to be entered at the provider, exactly; of SAML the assertion consumer service'),
  entityId: z.url().nullable().describe('ours for this connection, of SAML only; our metadata is at this address'),
  certificates: z.array(KnownCertificate).max(4).describe('of the provider, of SAML only'),
  signing: SigningKeys.nullable().describe('the certificates in our own metadata, of SAML only'),
  testedAt: Instant.nullable().describe('with these very settings; null after a change'),
  lastUsedAt: Instant.nullable(),
  people: z.number().int().describe('who have signed in by it'),
})
