import { z } from 'zod'
import { HostName } from './host.ts'
import { BreakGlassId, HostId, Instant, page, pageOf, PersonId, text } from './ids.ts'
import { hours, obligation } from './obligation.ts'
import { capability, command, query } from './operation.ts'

export const breakGlassReview = obligation({
  name: 'break-glass.review',
  title: 'Review a break-glass access',
  about: 'break_glass',
  page: '/access/break-glass/:subject',
  promise: 'C6',
  owedBy: 'role', // Owner
  within: hours(24),
  warn: [hours(12), hours(2)],
  escalate: [{ after: hours(0), to: 'owner' }],
  firm: true,
})

export const BreakGlassUse = z.object({
  id: BreakGlassId,
  hostId: HostId,
  hostName: HostName,
  at: Instant.describe('when somebody logged in so, by the clock of the host'),
  reportedAt: Instant,
  from: z.string().nullable().describe('the address, where the host knew it'),
  keyId: z.string().nullable(),
  reviewedAt: Instant.nullable(),
  reviewedBy: PersonId.nullable(),
  finding: z.string().nullable(),
})

/** Emergency access that needs nobody’s leave: Owners are told at once, and it must be reviewed within 24 hours. */
export const breakGlass = capability('breakGlass', {
  list: query({
    path: '/break-glass-uses',
    summary: 'Every use of emergency access, newest first',
    permission: 'access:oversee',
    input: z.object({ ...page, open: z.stringbool().optional().describe('only those not yet reviewed') }),
    output: pageOf(BreakGlassUse),
  }),
  review: command({
    path: '/break-glass-uses/:id/review',
    summary: 'Say what an emergency access was for and what follows from it',
    permission: 'access:manage',
    stepUp: true,
    input: z.object({ id: BreakGlassId, finding: text(1, 2000) }),
    output: BreakGlassUse,
    errors: { use_not_found: 404, already_reviewed: 409 },
    meets: [breakGlassReview],
    audit: { action: 'break_glass.reviewed', target: ({ id }) => id },
  }),
})
