import { z } from 'zod'
import { Instant, PersonId, SsoConnectionId, line } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { ConnectionSettings, SamlMetadata, signOnBodyBytes, SignOnParameters, SsoDomainName } from './sign-on.ts'
import { SsoConnection, SsoDefaultRole } from './sso-connection.ts'
import { breakGlassDrill, credentialRenewal, signingKeyRenewal } from './sso-obligations.ts'
import { signingKeyOperations } from './sso-signing-key.ts'

export const SsoDomain = z.object({
  domain: z.string(),
  connectionId: SsoConnectionId.nullable(),
  record: z.object({ name: z.string(), value: z.string() }).describe('the TXT record that proves it'),
  state: z.enum(['waiting', 'proved', 'lost']).describe('lost: the record is missing; it counts until `until`'),
  provedAt: Instant.nullable(),
  checkedAt: Instant.nullable(),
  until: Instant.nullable(),
})

/** One thing that must be so, in plain words, and whether it is. */
const Check = z.object({
  name: z.string(),
  passed: z.boolean(),
  needed: z.boolean().describe('false: good to know'),
  detail: z.string(),
})

/** Of a provider, as JSON. */
const metadataBytes = 1024 * 1024

const byId = z.object({ id: SsoConnectionId })
const secret = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[\x21-\x7e]+$/, 'visible characters only')
  .describe('of the client; written, never shown again')
const secretExpiresAt = Instant.nullable().describe('when the provider lets it run out; null: never, or unknown')

/** Single sign-on (C3): connections to the organisation's own provider, domains that are its own, and whether it insists. */
export const sso = capability('sso', {
  read: query({
    path: '/sso',
    summary: 'The connections, the domains, and whether single sign-on is enforced',
    permission: 'sso:manage',
    input: z.object({}),
    output: z.object({
      connections: z.array(SsoConnection).max(20),
      domains: z.array(SsoDomain).max(100),
      enforcement: z.object({ breakGlass: PersonId, at: Instant }).nullable(),
      needed: z.array(Check).max(10).describe('what enforcing needs'),
      owners: z.array(z.object({ personId: PersonId, name: z.string(), passkey: z.boolean() })).max(50),
    }),
  }),
  create: command({
    path: '/sso/connections',
    summary: 'Add a connection as a draft; the provider is asked for what it says of itself',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    input: z.object({
      name: line(1, 100),
      settings: ConnectionSettings,
      metadata: SamlMetadata.optional(),
      secret: secret.optional(),
      secretExpiresAt: secretExpiresAt.default(null),
      defaultRole: SsoDefaultRole.nullable().default(null),
    }),
    output: SsoConnection,
    maxBodyBytes: metadataBytes,
    errors: { too_many_connections: 409, provider_unavailable: 503, provider_unfit: 422 },
    opens: [credentialRenewal, signingKeyRenewal],
    audit: { action: 'sso.connection_created', target: (_, { id }) => id },
  }),
  update: command({
    path: '/sso/connections/:id',
    summary: 'Change a connection; a new secret replaces the old one, other settings must be tested again',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    input: byId.extend({
      name: line(1, 100).optional(),
      settings: ConnectionSettings.optional(),
      metadata: SamlMetadata.optional(),
      secret: secret.optional(),
      secretExpiresAt: secretExpiresAt.optional(),
      defaultRole: SsoDefaultRole.nullable().optional(),
    }),
    output: SsoConnection,
    maxBodyBytes: metadataBytes,
    errors: { connection_not_found: 404, provider_stays: 409, format_stays: 409, provider_unavailable: 503, provider_unfit: 422 },
    opens: [credentialRenewal],
    meets: [credentialRenewal],
    audit: { action: 'sso.connection_updated', target: ({ id }) => id },
  }),
  beginTest: query({
    path: '/sso/connections/:id/begin-test',
    summary: 'Where to send the browser to try the connection out',
    permission: 'sso:manage',
    sessionOnly: true,
    secretInput: true,
    input: byId.extend({
      signedBy: z.enum(['current', 'other']).default('current').describe('of SAML: with which of our keys the request is signed'),
    }),
    output: z.object({ url: z.url() }),
    errors: { connection_not_found: 404, client_missing: 409, no_other_key: 409, provider_unavailable: 503, provider_unfit: 422 },
  }),
  finishTest: command({
    path: '/sso/connections/:id/finish-test',
    summary: 'What the provider said at the test, and which checks passed; nobody is signed in by it',
    permission: 'sso:manage',
    entitlement: 'sso',
    sessionOnly: true,
    maxBodyBytes: signOnBodyBytes,
    input: byId.extend({ parameters: SignOnParameters }),
    output: z.object({
      passed: z.boolean(),
      checks: z.array(Check).max(24),
      said: z.array(z.object({ claim: z.string(), value: z.string() })).max(20),
    }),
    errors: { connection_not_found: 404, test_not_yours: 409, provider_unavailable: 503 },
    audit: { action: 'sso.connection_tested', target: ({ id }) => id },
  }),
  activate: command({
    path: '/sso/connections/:id/activate',
    summary: 'Let people sign in by a connection that was tested',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    input: byId,
    output: SsoConnection,
    errors: { connection_not_found: 404, not_tested: 409, client_missing: 409 },
    audit: { action: 'sso.connection_activated', target: ({ id }) => id },
  }),
  deactivate: command({
    path: '/sso/connections/:id/deactivate',
    summary: 'Let nobody sign in by a connection any more; sessions begun by it end',
    permission: 'sso:manage',
    stepUp: true,
    input: byId,
    output: SsoConnection,
    errors: { connection_not_found: 404, sso_enforced: 409 },
    audit: { action: 'sso.connection_deactivated', target: ({ id }) => id },
  }),
  remove: command({
    path: '/sso/connections/:id/remove',
    summary: 'Remove a draft; whom it knew is forgotten',
    permission: 'sso:manage',
    stepUp: true,
    input: byId,
    output: byId,
    errors: { connection_not_found: 404, still_active: 409 },
    withdraws: [credentialRenewal, signingKeyRenewal],
    audit: { action: 'sso.connection_removed', target: ({ id }) => id },
  }),
  ...signingKeyOperations,
  addDomain: command({
    path: '/sso/domains',
    summary: 'Name a domain of yours; a DNS record proves it',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    input: z.object({ domain: SsoDomainName, connectionId: SsoConnectionId.nullable().default(null) }),
    output: SsoDomain,
    errors: { connection_not_found: 404, domain_known: 409, too_many_domains: 409 },
    audit: { action: 'sso.domain_added', target: ({ domain }) => domain },
  }),
  proveDomain: command({
    path: '/sso/domains/prove',
    summary: 'Look for the record of a domain in the DNS now',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    rate: 'heavy',
    input: z.object({ domain: SsoDomainName }),
    output: SsoDomain,
    errors: { domain_not_found: 404, record_missing: 409, domain_taken: 409, dns_unavailable: 503 },
    audit: { action: 'sso.domain_proved', target: ({ domain }) => domain },
  }),
  routeDomain: command({
    path: '/sso/domains/route',
    summary: 'By which connection the people of a domain sign in',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    input: z.object({ domain: SsoDomainName, connectionId: SsoConnectionId.nullable() }),
    output: SsoDomain,
    errors: { domain_not_found: 404, connection_not_found: 404, sso_enforced: 409 },
    audit: { action: 'sso.domain_routed', target: ({ domain }) => domain },
  }),
  removeDomain: command({
    path: '/sso/domains/remove',
    summary: 'Forget a domain; its people sign in by password or passkey again',
    permission: 'sso:manage',
    stepUp: true,
    input: z.object({ domain: SsoDomainName }),
    output: z.object({ domain: z.string() }),
    errors: { domain_not_found: 404 },
    audit: { action: 'sso.domain_removed', target: ({ domain }) => domain },
  }),
  enforce: command({
    path: '/sso/enforce',
    summary: 'Members in proved domains sign in by single sign-on only; one Owner keeps an emergency way in',
    permission: 'sso:manage',
    entitlement: 'sso',
    stepUp: true,
    input: z.object({ breakGlass: PersonId.describe('an Owner with a passkey') }),
    output: z.object({ breakGlass: PersonId, sessionsEnded: z.number().int() }),
    errors: { not_ready: 409, not_an_owner: 422, no_passkey: 422 },
    opens: [breakGlassDrill],
    withdraws: [breakGlassDrill],
    audit: { action: 'sso.enforced', target: ({ breakGlass }) => breakGlass },
  }),
  lift: command({
    path: '/sso/lift',
    summary: 'Members may sign in by password or passkey again',
    permission: 'sso:manage',
    stepUp: true,
    input: z.object({}),
    output: z.object({ breakGlass: PersonId }),
    errors: { not_enforced: 409 },
    withdraws: [breakGlassDrill],
    audit: { action: 'sso.lifted', target: (_, { breakGlass }) => breakGlass },
  }),
  confirmDrill: command({
    path: '/sso/confirm-drill',
    summary: 'Say that the emergency way in works, from a session that came by it',
    permission: 'self',
    sessionOnly: true,
    input: z.object({}),
    output: z.object({ personId: PersonId }),
    errors: { not_by_break_glass: 409 },
    opens: [breakGlassDrill],
    meets: [breakGlassDrill],
    audit: { action: 'sso.drill_confirmed', target: (_, { personId }) => personId },
  }),
})
