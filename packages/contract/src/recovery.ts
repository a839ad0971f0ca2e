import { z } from 'zod'
import { Instant, page, pageOf, PersonId, RecoveryId, text } from './ids.ts'
import { days, hours, obligation } from './obligation.ts'
import { capability, command, query } from './operation.ts'
import { PasskeyAssertion } from './passkey.ts'
import { FactorCode } from './session.ts'
import { LinkToken } from './setup.ts'

/** Two others decide, or it lapses. */
export const recoveryDecision = obligation({
  name: 'recovery.decision',
  title: 'Decide about a lost second factor',
  about: 'recovery',
  page: '/members/recoveries/:subject',
  promise: 'C2',
  owedBy: 'role', // the Admins, or the Owners where there are none
  within: days(7),
  warn: [days(5), days(1)],
  firm: true,
})

/** A day in which it can be stopped, then three in which the new factor can be enrolled; the warning says that it can. */
export const recoveryEnrolment = obligation({
  name: 'recovery.enrolment',
  title: 'Enrol a new second factor in place of the lost one',
  about: 'recovery',
  page: '/factor#:subject',
  promise: 'C2',
  owedBy: 'person',
  within: hours(96),
  warn: [hours(72)],
  firm: true,
})

export const Recovery = z.object({
  id: RecoveryId,
  personId: PersonId,
  askedBy: PersonId,
  reason: z.string(),
  state: z.enum(['asked', 'confirmed', 'used', 'stopped', 'refused', 'lapsed']),
  askedAt: Instant,
  confirmations: z.array(z.object({ personId: PersonId, at: Instant })).max(10),
  ownerNeeded: z.boolean().describe('it is an Owner’s: one of the two who confirm must be an Owner'),
  readyAt: Instant.nullable().describe('from when a new factor can be enrolled'),
  readyUntil: Instant.nullable(),
  endedAt: Instant.nullable(),
})

const Reason = text(1, 500)
const refusals = { no_factor_lost: 409, already_asked: 409, not_recoverable_here: 409 } as const

/** A second factor that is lost, with all recovery codes (C2, docs/adr/0018-recovery-by-two.md). */
export const recovery = capability('recovery', {
  ask: command({
    path: '/recoveries/ask',
    summary: 'Say that you have lost your second factor and all recovery codes; two others must confirm',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    rate: 'secret',
    heldBack: ['method'],
    input: z.object({ reason: Reason }),
    output: Recovery,
    errors: refusals,
    opens: [recoveryDecision],
    audit: { action: 'recovery.asked', target: (_, { id }) => id },
  }),
  begin: command({
    path: '/recoveries',
    summary: 'Begin it for a member who cannot; two of you must confirm, and the member can stop it',
    permission: 'member:write',
    sessionOnly: true,
    stepUp: true,
    input: z.object({ personId: PersonId, reason: Reason }),
    output: Recovery,
    errors: { ...refusals, member_not_found: 404, own_recovery: 403, owner_only: 403 },
    opens: [recoveryDecision],
    audit: { action: 'recovery.started', target: (_, { id }) => id },
  }),
  mine: query({
    path: '/recoveries/mine',
    summary: 'How far the recovery of your second factor is',
    permission: 'self',
    sessionOnly: true,
    restricted: true,
    heldBack: ['method'],
    input: z.object({}),
    output: z.object({ recovery: Recovery.nullable() }),
  }),
  list: query({
    path: '/recoveries',
    summary: 'Members who have lost their second factor, newest first',
    permission: 'member:write',
    input: z.object(page),
    output: pageOf(Recovery),
  }),
  read: query({
    path: '/recoveries/:id',
    summary: 'One of them',
    permission: 'member:write',
    input: z.object({ id: RecoveryId }),
    output: Recovery,
    errors: { recovery_not_found: 404 },
  }),
  confirm: command({
    path: '/recoveries/:id/confirm',
    summary: 'Confirm that you have spoken to the person and that it is them; the second of two starts a day of delay',
    permission: 'member:write',
    sessionOnly: true,
    rate: 'secret',
    input: z.object({ id: RecoveryId, code: FactorCode.optional(), passkey: PasskeyAssertion.optional() }),
    output: Recovery,
    errors: {
      recovery_not_found: 404,
      not_open: 409,
      own_recovery: 403,
      already_confirmed: 409,
      owner_needed: 403,
      not_recoverable_here: 409,
      ...{ no_factor: 409, code_refused: 403, passkey_refused: 403, code_needed: 422 },
    },
    opens: [recoveryEnrolment],
    meets: [recoveryDecision],
    audit: { action: 'recovery.confirmed', target: ({ id }) => id },
  }),
  refuse: command({
    path: '/recoveries/:id/refuse',
    summary: 'Refuse it, or take a confirmed one back while it was not used',
    permission: 'member:write',
    input: z.object({ id: RecoveryId, reason: Reason }),
    output: Recovery,
    errors: { recovery_not_found: 404, not_open: 409, own_recovery: 403 },
    withdraws: [recoveryDecision, recoveryEnrolment],
    audit: { action: 'recovery.refused', target: ({ id }) => id },
  }),
  stop: command({
    path: '/recoveries/stop',
    summary: 'Stop a recovery of your second factor with the link in the mail; needs no sign-in',
    permission: 'public',
    rate: 'secret',
    input: z.object({ token: LinkToken }),
    output: z.object({ id: RecoveryId }),
    errors: { link_invalid: 410 },
    withdraws: [recoveryDecision, recoveryEnrolment],
    audit: { action: 'recovery.stopped', target: (_, { id }) => id },
  }),
})
