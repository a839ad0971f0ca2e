import { z } from 'zod'
import { CalendarDate, Instant, ObligationId, page, pageOf, PersonId, text, line } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { Role } from './roles.ts'

export const ObligationState = z.enum(['running', 'paused', 'met', 'withdrawn', 'rebased'])

export const ObligationSummary = z.object({
  id: ObligationId,
  kind: z.string().describe('see artefacts/obligations.md'),
  title: z.string().describe('what is to be done'),
  label: z.string().describe('what it is about, in words'),
  subject: z.string().describe('what it is about, by id'),
  page: z.string().describe('where in the console it is met'),
  promise: z.string().nullable(),
  personId: PersonId.nullable().describe('who owes it; null where a role does'),
  role: Role.nullable().describe('which role owes it; null where a person does'),
  state: ObligationState,
  openedAt: Instant,
  dueAt: Instant,
  endedAt: Instant.nullable(),
  late: z.boolean().describe('past its deadline, or ended after it'),
})

export const ObligationEvent = z.object({
  kind: z.enum(['opened', 'warned', 'skipped', 'breached', 'escalated', 'paused', 'resumed', 'met', 'withdrawn', 'rebased']),
  at: Instant,
  plannedAt: Instant.nullable().describe('when the clock asked for it; null for what people did'),
  personId: PersonId.nullable().describe('who did it; null for the clock'),
  to: z.string().nullable().describe('whom it escalated to: a role, or the answerable'),
  reason: z.string().nullable(),
  dueAt: Instant.describe('the deadline from then on'),
})

const duration = z.string().describe('in words')

export const ObligationDetail = ObligationSummary.extend({
  within: duration.nullable().describe('null: set by whoever opened it'),
  firm: z.boolean().describe('can be neither paused nor set anew'),
  next: z
    .array(z.object({ kind: z.enum(['warned', 'breached', 'escalated']), at: Instant, to: z.string().nullable() }))
    .max(50)
    .describe('what the clock will do'),
  events: z.array(ObligationEvent).max(200),
  rebasedFrom: ObligationId.nullable(),
  rebasedTo: ObligationId.nullable(),
})

const isTimeZone = (value: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}
const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length

export const BusinessCalendar = z.object({
  timeZone: z.string().max(64).refine(isTimeZone, 'not an IANA time zone').describe('IANA name, as Europe/Vienna'),
  weekdays: z
    .array(z.number().int().min(1).max(7))
    .min(1)
    .max(7)
    .refine(unique, 'a day twice')
    .describe('working days, ISO 8601: 1 is Monday'),
  holidays: z
    .array(z.object({ on: CalendarDate, name: line(1, 100) }))
    .max(400)
    .refine((holidays) => unique(holidays.map(({ on }) => on)), 'a date twice'),
})
export const StoredCalendar = BusinessCalendar.extend({
  version: z.number().int().describe('0: nobody has set it yet'),
  setBy: PersonId.nullable(),
  setAt: Instant.nullable(),
})

const filters = {
  ...page,
  show: z
    .enum(['open', 'due_soon', 'overdue', 'paused', 'met', 'withdrawn'])
    .default('open')
    .describe('due_soon: within seven days'),
  kind: z.string().max(100).optional(),
  subject: z.string().max(100).optional(),
}

const found = { obligation_not_found: 404, obligation_ended: 409 } as const

/** The one clock: what is due, for whom, when. Opened and met by the operations of other nouns. */
export const obligations = capability('obligation', {
  mine: query({
    path: '/my-obligations',
    summary: 'What I or my role must do, and by when; the most urgent first',
    permission: 'obligation:read',
    input: z.object(filters),
    output: pageOf(ObligationSummary),
  }),
  list: query({
    path: '/obligations',
    summary: 'What is due, for whom, when; the most urgent first',
    permission: 'obligation:oversee',
    input: z.object({ ...filters, personId: PersonId.optional().describe('only what this person owes') }),
    output: pageOf(ObligationSummary),
  }),
  read: query({
    path: '/obligations/:id',
    summary: 'One obligation with its history and what comes next; without obligation:oversee only one’s own',
    permission: 'obligation:read',
    input: z.object({ id: ObligationId }),
    output: ObligationDetail,
    errors: { obligation_not_found: 404 },
  }),
  rebase: command({
    path: '/obligations/:id/rebase',
    summary: 'Set another deadline: the obligation ends and a new one takes its place, with the reason',
    permission: 'obligation:manage',
    input: z.object({ id: ObligationId, dueAt: Instant, reason: text(1, 500) }),
    output: ObligationDetail,
    errors: { ...found, obligation_firm: 409, due_in_the_past: 422 },
    audit: { action: 'obligation.rebased', target: ({ id }) => id },
  }),
  pause: command({
    path: '/obligations/:id/pause',
    summary: 'Stop the clock while somebody else must act',
    permission: 'obligation:manage',
    input: z.object({ id: ObligationId, reason: text(1, 500) }),
    output: ObligationDetail,
    errors: { ...found, obligation_firm: 409, already_paused: 409, overdue: 409 },
    audit: { action: 'obligation.paused', target: ({ id }) => id },
  }),
  resume: command({
    path: '/obligations/:id/resume',
    summary: 'Let the clock go on; the deadline moves by the time it stood',
    permission: 'obligation:manage',
    input: z.object({ id: ObligationId, reason: text(1, 500) }),
    output: ObligationDetail,
    errors: { ...found, not_paused: 409 },
    audit: { action: 'obligation.resumed', target: ({ id }) => id },
  }),
  readCalendar: query({
    path: '/business-calendar',
    summary: 'The working days that business-day deadlines count',
    permission: 'obligation:read',
    input: z.object({}),
    output: StoredCalendar,
  }),
  setCalendar: command({
    path: '/business-calendar',
    summary: 'Set time zone, working days and holidays; deadlines that run already stay as they are',
    permission: 'obligation:manage',
    input: BusinessCalendar,
    output: StoredCalendar,
    audit: { action: 'obligation.calendar_changed', target: () => 'business-calendar' },
  }),
})
