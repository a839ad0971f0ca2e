import { z } from 'zod'
import { Email, Instant, OrgId, PersonId, SessionId, SsoConnectionId, StaffGrantId } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { PasskeyAssertion, PasskeyRequestOptions } from './passkey.ts'
import { Role } from './roles.ts'
import { SignInMethod } from './sign-in-policy.ts'
import { signOnBodyBytes, SignOnParameters, SsoDomainName } from './sign-on.ts'

/** A 6-digit TOTP code or a recovery code. */
export const FactorCode = z.string().min(6).max(40)

/** What the session must do before it may do anything else: C2, and the organisation's sign-in policy. */
export const SessionNext = z.enum([
  'done',
  'confirm_factor',
  'enrol_factor',
  'unlock', // nobody was at it for too long
  'use_other_method', // the organisation does not accept the way it was signed in
  'use_other_network',
])

export const Organisation = z.object({ id: OrgId, name: z.string(), role: Role, operator: z.boolean() })

export const CurrentSession = z.object({
  id: SessionId.nullable().describe('null for an API key'),
  next: SessionNext,
  person: z.object({ id: PersonId, name: z.string(), email: z.string() }),
  organisation: Organisation,
  organisations: z.array(Organisation).max(100),
  permissions: z.array(z.string()).max(100),
  factorConfirmedAt: Instant.nullable(),
  stepUpUntil: Instant.nullable().describe('risky operations are accepted until then without another code'),
  recoveryCodesLeft: z.number().int(),
  lockMinutes: z.number().int().nullable().describe('the session locks when nobody was at it for so long'),
  signInMethods: z.array(SignInMethod).max(3).describe('by what this organisation lets people sign in'),
  singleSignOn: z
    .boolean()
    .describe('the organisation’s own provider said who it is; the session works in this organisation only'),
  staff: z
    .object({ grantId: StaffGrantId, endsAt: Instant })
    .nullable()
    .describe('set while somebody of the operator’s staff works in a customer’s organisation'),
})

export const SessionRow = z.object({
  id: SessionId,
  current: z.boolean(),
  device: z.string(),
  address: z.string(),
  createdAt: Instant,
  lastSeenAt: Instant,
  expiresAt: Instant,
  factorConfirmed: z.boolean(),
})

/** Sign-in, second factor, step-up, device list, organisation switch (C2, C4). */
export const session = capability('session', {
  signIn: command({
    path: '/session/sign-in',
    summary: 'Sign in with e-mail and password',
    permission: 'public',
    rate: 'secret',
    input: z.object({ email: Email, password: z.string().min(1).max(200) }),
    output: z.object({ id: SessionId, next: SessionNext }),
    errors: { sign_in_refused: 401, sso_required: 403 },
    audit: { action: 'session.started', target: (_, { id }) => id },
  }),
  passkeyOptions: query({
    path: '/session/passkey-options',
    summary: 'What a browser needs to sign in with a passkey; the same for everybody',
    permission: 'public',
    input: z.object({}),
    output: PasskeyRequestOptions,
    errors: { not_set_up: 409 },
  }),
  signInWithPasskey: command({
    path: '/session/sign-in-with-passkey',
    summary: 'Sign in with a passkey alone: it is two factors in one',
    permission: 'public',
    rate: 'secret',
    input: z.object({ passkey: PasskeyAssertion }),
    output: z.object({ id: SessionId, next: SessionNext }),
    errors: { sign_in_refused: 401, sso_required: 403 },
    audit: { action: 'session.started_with_passkey', target: (_, { id }) => id },
  }),
  discover: query({
    path: '/session/discover',
    summary: 'How the people of an e-mail domain sign in; says nothing about any person',
    permission: 'public',
    rate: 'discovery',
    input: z.object({ domain: SsoDomainName }),
    output: z.object({
      singleSignOn: z.boolean(),
      required: z.boolean().describe('members with such an address sign in no other way'),
    }),
  }),
  beginSignOn: query({
    path: '/session/begin-sign-on',
    summary: 'Where to send the browser to sign in with the provider of an e-mail domain',
    permission: 'public',
    rate: 'secret',
    secretInput: true, // a foreign page must not begin it
    input: z.object({
      domain: SsoDomainName,
      again: z.boolean().default(false).describe('the provider is to ask the person anew, for a risky operation'),
    }),
    output: z.object({ url: z.url() }),
    errors: { no_single_sign_on: 404, provider_unavailable: 503 },
  }),
  finishSignOn: command({
    path: '/session/finish-sign-on',
    summary: 'Sign in with what the provider answered',
    permission: 'public',
    rate: 'secret',
    maxBodyBytes: signOnBodyBytes,
    input: z.object({ connectionId: SsoConnectionId, parameters: SignOnParameters }),
    output: z.object({ id: SessionId, next: SessionNext }),
    errors: { sign_on_refused: 401, provider_unavailable: 503 },
    audit: { action: 'session.started_by_sign_on', target: (_, { id }) => id },
  }),
  confirmFactor: command({
    path: '/session/confirm-factor',
    summary: 'Confirm the second factor, at sign-in or again before a risky operation',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    rate: 'secret',
    heldBack: ['locked', 'method'],
    input: z.object({ code: FactorCode }),
    output: z.object({ id: SessionId, next: SessionNext, recoveryCodesLeft: z.number().int() }),
    errors: { code_refused: 403, no_factor: 409 },
    audit: { action: 'session.factor_confirmed', target: (_, { id }) => id },
  }),
  confirmPasskey: command({
    path: '/session/confirm-passkey',
    summary: 'Confirm with a passkey, as the second factor or again before a risky operation',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    rate: 'secret',
    heldBack: ['locked', 'method'],
    input: z.object({ passkey: PasskeyAssertion }),
    output: z.object({ id: SessionId, next: SessionNext, recoveryCodesLeft: z.number().int() }),
    errors: { passkey_refused: 403 },
    audit: { action: 'session.passkey_confirmed', target: (_, { id }) => id },
  }),
  confirmPassword: command({
    path: '/session/confirm-password',
    summary: 'Confirm the password before a risky operation, for people without a second factor',
    permission: 'self',
    sessionOnly: true,
    rate: 'secret',
    restricted: true,
    heldBack: ['locked', 'method'],
    input: z.object({ password: z.string().min(1).max(200) }),
    output: z.object({ id: SessionId }),
    errors: { password_refused: 403, factor_required: 409 },
    audit: { action: 'session.password_confirmed', target: (_, { id }) => id },
  }),
  refresh: command({
    path: '/session/refresh',
    summary: 'Exchange the refresh cookie for a new access token',
    permission: 'public',
    input: z.object({}),
    output: z.object({ id: SessionId, expiresAt: Instant.describe('of the access token') }),
    errors: { refresh_refused: 401 },
    audit: { action: 'session.refreshed', target: (_, { id }) => id },
  }),
  current: query({
    path: '/session',
    summary: 'Who is signed in, where, and what they may do',
    permission: 'self',
    restricted: true,
    staff: true,
    heldBack: ['network', 'locked', 'method'],
    input: z.object({}),
    output: CurrentSession,
  }),
  list: query({
    path: '/sessions',
    summary: 'The devices on which you are signed in',
    permission: 'self',
    sessionOnly: true,
    input: z.object({}),
    output: z.object({ rows: z.array(SessionRow).max(100) }),
  }),
  revoke: command({
    path: '/sessions/:id/revoke',
    summary: 'End one of your sessions',
    permission: 'self',
    sessionOnly: true,
    input: z.object({ id: SessionId }),
    output: z.object({ id: SessionId }),
    errors: { session_not_found: 404 },
    audit: { action: 'session.revoked', target: ({ id }) => id },
  }),
  revokeOthers: command({
    path: '/sessions/revoke-others',
    summary: 'End all your sessions but this one',
    permission: 'self',
    sessionOnly: true,
    input: z.object({}),
    output: z.object({ personId: PersonId, ended: z.number().int() }),
    audit: { action: 'session.others_revoked', target: (_, { personId }) => personId },
  }),
  lock: command({
    path: '/session/lock',
    summary: 'Lock this session: it asks for a proof before anything else',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    heldBack: ['network', 'locked', 'method'],
    input: z.object({}),
    output: z.object({ id: SessionId }),
    audit: { action: 'session.locked', target: (_, { id }) => id },
  }),
  signOut: command({
    path: '/session/sign-out',
    summary: 'End this session',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    heldBack: ['network', 'locked', 'method'],
    input: z.object({}),
    output: z.object({ id: SessionId }),
    errors: { no_session: 409 },
    audit: { action: 'session.ended', target: (_, { id }) => id },
  }),
  switchOrganisation: command({
    path: '/session/switch-organisation',
    summary: 'Continue this session in another of your organisations',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    heldBack: ['network', 'locked', 'method'],
    input: z.object({ orgId: OrgId }),
    output: z.object({ id: SessionId, next: SessionNext }),
    errors: { organisation_not_found: 404, no_session: 409, sign_in_again: 409, sso_required: 403, sso_session: 403 },
    audit: { action: 'session.organisation_switched', target: ({ orgId }) => orgId },
  }),
})
