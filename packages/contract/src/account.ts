import { z } from 'zod'
import { Email, FactorId, Instant, line, PersonId } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { PasskeyCreationOptions, PasskeyRegistration, PasskeyRequestOptions } from './passkey.ts'
import { recoveryEnrolment } from './recovery.ts'
import { LinkToken, Password } from './setup.ts'
import { FactorCode } from './session.ts'

/** One's own name and password. */
export const account = capability('account', {
  rename: command({
    path: '/account/rename',
    summary: 'Change your name',
    permission: 'self',
    sessionOnly: true,
    input: z.object({ name: line(1, 100) }),
    output: z.object({ id: PersonId, name: z.string() }),
    audit: { action: 'account.renamed', target: (_, { id }) => id },
  }),
  changePassword: command({
    path: '/account/change-password',
    summary: 'Change your password; every other session ends',
    permission: 'self',
    sessionOnly: true,
    rate: 'secret',
    input: z.object({ current: z.string().min(1).max(200), next: Password }),
    output: z.object({ id: PersonId, sessionsEnded: z.number().int() }),
    errors: { password_refused: 403, password_too_common: 422 },
    audit: { action: 'account.password_changed', target: (_, { id }) => id },
  }),
  requestReset: command({
    path: '/account/request-reset',
    summary: 'Ask for a link to set a new password; the answer is the same whether the address is known or not',
    permission: 'public',
    rate: 'secret',
    input: z.object({ email: Email }),
    output: z.object({ sent: z.literal(true) }),
    audit: { action: 'account.reset_requested', target: () => 'account' },
  }),
  resetPassword: command({
    path: '/account/reset-password',
    summary: 'Set a new password with the link; every session ends, and the second factor is still asked for',
    permission: 'public',
    rate: 'secret',
    input: z.object({ token: LinkToken, password: Password }),
    output: z.object({ id: PersonId }),
    errors: { link_invalid: 410, password_too_common: 422 },
    audit: { action: 'account.password_reset', target: (_, { id }) => id },
  }),
})

const Label = line(1, 60)

export const Factor = z.object({
  id: FactorId,
  kind: z.enum(['totp', 'passkey']),
  label: z.string(),
  confirmedAt: Instant.describe('when it was enrolled'),
  lastUsedAt: Instant.nullable().describe('null: never, or an authenticator app, which keeps no date'),
  backedUp: z.boolean().nullable().describe('whether the passkey is synchronised to other devices; null for an app'),
})

/** Second factors (C2): authenticator apps, passkeys and recovery codes. */
export const factor = capability('factor', {
  list: query({
    path: '/factors',
    summary: 'Your second factors',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    heldBack: ['locked', 'method'],
    input: z.object({}),
    output: z.object({
      rows: z.array(Factor).max(20),
      recoveryCodesLeft: z.number().int(),
    }),
  }),
  enrolTotp: command({
    path: '/factors/totp',
    summary: 'Begin to enrol an authenticator app; the secret is shown once',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    input: z.object({ label: Label.default('Authenticator app') }),
    output: z.object({ id: FactorId, secret: z.string(), uri: z.string(), qrSvg: z.string() }),
    errors: { too_many_factors: 409, step_up_first: 403, sso_session: 403 },
    audit: { action: 'factor.enrolment_started', target: (_, { id }) => id },
  }),
  confirmTotp: command({
    path: '/factors/totp/:id/confirm',
    summary: 'Finish the enrolment with a first code; recovery codes are shown once',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    rate: 'secret',
    input: z.object({ id: FactorId, code: FactorCode }),
    output: z.object({ id: FactorId, recoveryCodes: z.array(z.string()).max(20) }),
    errors: { factor_not_found: 404, code_refused: 403, step_up_first: 403, sso_session: 403 },
    meets: [recoveryEnrolment],
    audit: { action: 'factor.enrolled', target: ({ id }) => id },
  }),
  enrolPasskey: query({
    path: '/factors/passkey-options',
    summary: 'Begin to enrol a passkey: what the browser needs to make one',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    heldBack: ['method'],
    input: z.object({}),
    output: PasskeyCreationOptions,
    errors: { too_many_factors: 409, step_up_first: 403, sso_session: 403 },
  }),
  confirmPasskey: command({
    path: '/factors/passkeys',
    summary: 'Finish the enrolment of a passkey; with the first factor, recovery codes are shown once',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    rate: 'secret',
    heldBack: ['method'],
    input: z.object({ label: Label.default('Passkey'), passkey: PasskeyRegistration }),
    output: z.object({ id: FactorId, recoveryCodes: z.array(z.string()).max(20) }),
    errors: { passkey_refused: 403, too_many_factors: 409, step_up_first: 403, sso_session: 403 },
    meets: [recoveryEnrolment],
    audit: { action: 'factor.passkey_enrolled', target: (_, { id }) => id },
  }),
  passkeyOptions: query({
    path: '/factors/passkey-challenge',
    summary: 'What a browser needs to confirm with one of your passkeys, for this session or for one act only',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    secretInput: true,
    heldBack: ['locked', 'method'],
    input: z.object({
      act: z
        .object({ operation: z.string().max(64), input: z.string().max(50_000).describe('as JSON') })
        .optional()
        .describe('the operation that the passkey shall confirm, with its whole input; for it and no other'),
    }),
    output: PasskeyRequestOptions,
    errors: { no_passkey: 409, act_unknown: 422 },
  }),
  rename: command({
    path: '/factors/:id/rename',
    summary: 'Give a second factor another name',
    permission: 'self',
    sessionOnly: true,
    input: z.object({ id: FactorId, label: Label }),
    output: z.object({ id: FactorId }),
    errors: { factor_not_found: 404 },
    audit: { action: 'factor.renamed', target: ({ id }) => id },
  }),
  remove: command({
    path: '/factors/:id/remove',
    summary: 'Remove a second factor; the last one of an Owner or Admin stays',
    permission: 'self',
    sessionOnly: true,
    stepUp: true,
    input: z.object({ id: FactorId }),
    output: z.object({ id: FactorId }),
    errors: { factor_not_found: 404, last_factor: 409 },
    audit: { action: 'factor.removed', target: ({ id }) => id },
  }),
  renewRecoveryCodes: command({
    path: '/factors/recovery-codes',
    summary: 'Replace your recovery codes; the old ones stop working',
    permission: 'self',
    sessionOnly: true,
    stepUp: true,
    input: z.object({}),
    output: z.object({ personId: PersonId, recoveryCodes: z.array(z.string()).max(20) }),
    errors: { no_factor: 409 },
    audit: { action: 'factor.recovery_codes_renewed', target: (_, { personId }) => personId },
  }),
})
