import { z } from 'zod'
import { Instant, OrgId, page, pageOf, PersonId, SessionId, StaffGrantId, StaffPolicyId, text } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { proof, proofErrors } from './passkey.ts'

/** What staff may read: as much as a Viewer or a Reviewer. */
export const StaffRole = z.enum(['viewer', 'reviewer'])
export type StaffRole = z.infer<typeof StaffRole>

/** The longest time that can be asked for or allowed in advance. */
export const longestStaffAccess = 8 * 3600
const Seconds = z.number().int().min(300).max(longestStaffAccess)
const Ticket = z.string().regex(/^[\x21-\x7e]{1,64}$/)

export const StaffAccessState = z.enum(['requested', 'live', 'denied', 'cancelled', 'lapsed', 'ended'])

const Terms = z.object({
  id: StaffGrantId,
  state: StaffAccessState,
  role: StaffRole.describe('as much as it may read'),
  write: z.boolean().describe('whether it may also change drafts of policies and deadlines'),
  seconds: z.number().int(),
  ticket: z.string().nullable(),
  requestHash: z.string().describe('SHA-256 of the request, hex: what an approval is bound to'),
  requestedAt: Instant,
  requestExpiresAt: Instant.describe('when an unanswered request lapses'),
  startsAt: Instant.nullable().describe('null until approved'),
  endsAt: Instant.nullable().describe('null until approved'),
  endedAt: Instant.nullable().describe('when somebody ended, denied or took it back'),
  byPolicy: z.boolean().describe('allowed in advance by the customer’s standing policy'),
})

/** As the customer sees it. */
export const StaffAccess = Terms.extend({
  personId: PersonId,
  personName: z.string().describe('of the staff member, as it was when they asked'),
  reason: z.string(),
  approvedBy: PersonId.nullable(),
  endedBy: PersonId.nullable(),
})

/** As the staff member sees it. The reason stays with the customer. */
export const OwnStaffAccess = Terms.extend({ orgId: OrgId, orgName: z.string() })

/** What the customer allows in advance: reading only. */
export const StaffPolicy = z.object({
  id: StaffPolicyId,
  role: StaffRole,
  maxSeconds: z.number().int(),
  ticketRequired: z.boolean(),
  setBy: PersonId,
  setAt: Instant,
})

const found = { staff_access_not_found: 404 } as const

/** The operator’s people and a customer’s data (C5): no standing right; they ask, and enter while the customer’s grant runs. */
export const staff = capability('staff', {
  organisations: query({
    path: '/staff/organisations',
    summary: 'The organisations whose people can be asked for access; names only',
    permission: 'operator:staff',
    input: z.object(page),
    output: pageOf(z.object({ id: OrgId, name: z.string() })),
  }),
  request: command({
    path: '/staff/requests',
    summary: 'Ask a customer for access to their data, for a time',
    permission: 'operator:staff',
    sessionOnly: true,
    rate: 'secret',
    input: z.object({
      orgId: OrgId,
      reason: text(1, 1000),
      ticket: Ticket.optional(),
      seconds: Seconds,
      role: StaffRole.default('viewer'),
      write: z.boolean().default(false),
      ...proof,
    }),
    output: OwnStaffAccess,
    errors: { ...proofErrors, organisation_not_found: 404, already_requested: 409, not_cleared: 403 },
    audit: { action: 'staff.requested', target: (_, { id }) => id },
  }),
  list: query({
    path: '/staff/requests',
    summary: 'What I asked customers for, newest first',
    permission: 'operator:staff',
    input: z.object({}),
    output: z.object({ rows: z.array(OwnStaffAccess).max(100) }),
  }),
  enter: command({
    path: '/staff/requests/:id/enter',
    summary: 'Work in the customer’s organisation while the access runs; every read stands in their access log',
    permission: 'operator:staff',
    sessionOnly: true,
    rate: 'secret',
    input: z.object({ id: StaffGrantId, ...proof }),
    output: z.object({ id: SessionId, grantId: StaffGrantId, endsAt: Instant }),
    errors: { ...found, ...proofErrors, staff_access_not_live: 409 },
    audit: { action: 'staff.entered', target: ({ id }) => id },
  }),
  leave: command({
    path: '/staff/leave',
    summary: 'Leave the customer’s organisation and go on in one’s own',
    permission: 'public',
    input: z.object({}),
    output: z.object({ id: SessionId }),
    errors: { not_entered: 409 },
    audit: { action: 'staff.left', target: (_, { id }) => id },
  }),
  giveBack: command({
    path: '/staff/requests/:id/give-back',
    summary: 'Take back one’s request, or give access back before its end',
    permission: 'operator:staff',
    input: z.object({ id: StaffGrantId }),
    output: OwnStaffAccess,
    errors: { ...found, staff_access_not_live: 409 },
    audit: { action: 'staff.returned', target: ({ id }) => id },
  }),
})

/** The customer’s side of it: they answer, allow in advance, see, and end. */
export const staffAccess = capability('staffAccess', {
  list: query({
    path: '/staff-access',
    summary: 'Requests of the operator’s staff for access to our data, and what became of them, newest first',
    permission: 'staff-access:read',
    input: z.object({ ...page, show: z.enum(['all', 'open']).default('all').describe('open: requested or live') }),
    output: pageOf(StaffAccess),
  }),
  approve: command({
    path: '/staff-access/:id/approve',
    summary: 'Let staff in, exactly as it was read',
    permission: 'staff-access:decide',
    sessionOnly: true,
    rate: 'secret',
    input: z.object({ id: StaffGrantId, requestHash: z.string().length(64), ...proof }),
    output: StaffAccess,
    errors: {
      ...{ ...found, ...proofErrors, not_requested: 409, request_changed: 409, own_request: 403 },
    },
    audit: { action: 'staff_access.approved', target: ({ id }) => id },
  }),
  deny: command({
    path: '/staff-access/:id/deny',
    summary: 'Deny a request of staff',
    permission: 'staff-access:decide',
    input: z.object({ id: StaffGrantId }),
    output: StaffAccess,
    errors: { ...found, not_requested: 409 },
    audit: { action: 'staff_access.denied', target: ({ id }) => id },
  }),
  end: command({
    path: '/staff-access/:id/end',
    summary: 'End staff access now; their next request is refused',
    permission: 'staff-access:decide',
    input: z.object({ id: StaffGrantId }),
    output: StaffAccess,
    errors: { ...found, staff_access_not_live: 409 },
    audit: { action: 'staff_access.ended', target: ({ id }) => id },
  }),
  policy: query({
    path: '/staff-access-policy',
    summary: 'What staff may read without asking each time; null: nothing',
    permission: 'staff-access:read',
    input: z.object({}),
    output: z.object({ policy: StaffPolicy.nullable() }),
  }),
  allowAhead: command({
    path: '/staff-access-policy',
    summary: 'Allow staff in advance to read, for a time, optionally only with a ticket; replaces what was allowed before',
    permission: 'staff-access:decide',
    stepUp: true,
    input: z.object({ role: StaffRole, maxSeconds: Seconds, ticketRequired: z.boolean() }),
    output: StaffPolicy,
    errors: { own_organisation: 409, own_request: 403 },
    audit: { action: 'staff_access.allowed_ahead', target: (_, { id }) => id },
  }),
  withdraw: command({
    path: '/staff-access-policy/withdraw',
    summary: 'Allow nothing in advance any more; access given by it ends now',
    permission: 'staff-access:decide',
    input: z.object({}),
    output: z.object({ id: StaffPolicyId, ended: z.number().int() }),
    errors: { nothing_allowed: 409 },
    audit: { action: 'staff_access.withdrawn', target: (_, { id }) => id },
  }),
})
