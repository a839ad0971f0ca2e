import { z } from 'zod'
import { SsoConnectionId } from './ids.ts'
import { command } from './operation.ts'
import { SsoConnection } from './sso-connection.ts'
import { signingKeyRenewal } from './sso-obligations.ts'

const byId = z.object({ id: SsoConnectionId })
/** Which key is meant is said by its certificate, so that whoever presses twice, or sees an old page, changes nothing else. */
const named = byId.extend({
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of its certificate'),
})
const shared = { permission: 'sso:manage', stepUp: true, output: SsoConnection } as const

/**
 * Changing the key that SAML requests are signed with, so that no sign-in fails: a new one is made and published, the provider learns of it, it is used,
 * the old one is withdrawn. None of it needs the plan: it keeps running what is there.
 */
export const signingKeyOperations = {
  renewSigningKey: command({
    ...shared,
    path: '/sso/connections/:id/signing-key/renew',
    summary: 'Make a new key for our SAML requests; our metadata names both certificates, the old key stays in use',
    input: byId,
    errors: { connection_not_found: 404, not_saml: 409, renewal_running: 409 },
    opens: [signingKeyRenewal],
    audit: { action: 'sso.signing_key_renewed', target: ({ id }) => id },
  }),
  switchSigningKey: command({
    ...shared,
    path: '/sso/connections/:id/signing-key/switch',
    summary: 'Sign SAML requests with the other key from now on; the one before stays published, and can be switched back to',
    input: named,
    errors: { connection_not_found: 404, no_such_key: 409, key_in_use: 409 },
    opens: [signingKeyRenewal],
    meets: [signingKeyRenewal],
    audit: { action: 'sso.signing_key_switched', target: ({ id }) => id },
  }),
  withdrawSigningKey: command({
    ...shared,
    path: '/sso/connections/:id/signing-key/withdraw',
    summary: 'Take the key that is not in use out of our metadata, and destroy it',
    input: named,
    errors: { connection_not_found: 404, no_such_key: 409, key_in_use: 409 },
    audit: { action: 'sso.signing_key_withdrawn', target: ({ id }) => id },
  }),
}
