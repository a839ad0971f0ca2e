import type { Duration, Escalation, Obligation } from '@holdfast/contract'
import { after, afterPause, before, type Calendar } from './calendar.ts'

/** A declaration as it was when the obligation was opened: what runs goes by that, whatever is declared later. */
export interface Terms {
  /** Null: the deadline was given. */
  within: Duration | null
  warn: readonly Duration[]
  escalate: readonly Escalation[]
  firm: boolean
}

/** What the clock will do, once. */
export interface Step {
  /** Names it among the obligation's events: `warned:1`, `breached`, `escalated:1`; after a pause with a suffix. */
  step: string
  kind: 'warned' | 'breached' | 'escalated'
  /** RFC 3339. */
  at: string
  /** Whom to escalate to. */
  to: string | null
}

export const termsOf = ({ warn, escalate, firm }: Obligation, within: Duration | null): Terms => ({
  within,
  warn,
  escalate,
  firm: firm ?? false,
})

const clockOf = ({ within }: Terms): Duration['clock'] => within?.clock ?? 'elapsed'

/** The steps of an obligation, earliest first. A warning that would not come after `from` is left out. */
export const planOf = (terms: Terms, calendar: Calendar, from: Date, dueAt: Date, suffix = ''): Step[] => {
  const warnings = terms.warn.map((duration, index): Step => {
    const at = before(calendar, dueAt, duration).toISOString()
    return { step: `warned:${index + 1}${suffix}`, kind: 'warned', at, to: null }
  })
  const breach: Step = { step: `breached${suffix}`, kind: 'breached', at: dueAt.toISOString(), to: null }
  const escalations = terms.escalate.map(({ after: wait, to }, index): Step => {
    const at = after(calendar, dueAt, wait).toISOString()
    return { step: `escalated:${index + 1}${suffix}`, kind: 'escalated', at, to }
  })
  const inTime = warnings.filter(({ at }) => at > from.toISOString())
  return [...inTime, breach, ...escalations].toSorted((a, b) => a.at.localeCompare(b.at))
}

export interface EventRow {
  step: string
  kind: string
  at: Date
  dueAt: Date
  plan: readonly Step[] | null
}

/** Where an obligation stands: its row and its events, folded. */
export interface Standing {
  dueAt: Date
  plan: readonly Step[]
  taken: ReadonlySet<string>
  /** Since when the clock stands. */
  pausedAt: Date | null
  /** How often it was paused. */
  pauses: number
  ended: 'met' | 'withdrawn' | 'rebased' | null
}

export const standingOf = (row: { dueAt: Date; plan: readonly Step[] }, events: readonly EventRow[]): Standing => {
  const pauses = events.filter(({ kind }) => kind === 'paused').length
  const resumes = events.filter(({ kind }) => kind === 'resumed').length
  const resumed = events.find(({ step }) => step === `resumed:${resumes}`)
  const ended = events.find(({ step }) => step === 'ended')?.kind
  return {
    dueAt: resumed?.dueAt ?? row.dueAt,
    plan: resumed?.plan ?? row.plan,
    taken: new Set(events.map(({ step }) => step)),
    pausedAt: pauses > resumes ? (events.find(({ step }) => step === `paused:${pauses}`)?.at ?? null) : null,
    pauses,
    ended: ended === 'met' || ended === 'withdrawn' || ended === 'rebased' ? ended : null,
  }
}

const open = ({ plan, taken, pausedAt, ended }: Standing): readonly Step[] =>
  ended !== null || pausedAt !== null ? [] : plan.filter(({ step }) => !taken.has(step))

/** When the clock has to look at it next; null: never again, or not while it is paused. */
export const wakeOf = (standing: Standing): Date | null => {
  const next = open(standing)[0]
  return next ? new Date(next.at) : null
}

/** What lies ahead. */
export const ahead = (standing: Standing): readonly Step[] => open(standing)

/**
 * What is to be done now: one step, and the warnings that a later step has overtaken (the system was down), which nobody needs to hear any
 * more. A breach or an escalation is never overtaken.
 */
export const dueSteps = (standing: Standing, now: Date): { overtaken: readonly Step[]; step: Step } | null => {
  const due = open(standing).filter(({ at }) => at <= now.toISOString())
  const step = due.find(({ kind }) => kind !== 'warned') ?? due.at(-1)
  return step ? { overtaken: due.filter(({ kind, step: name }) => kind === 'warned' && name !== step.step), step } : null
}

/** Deadline and steps after a pause: as much time as was left, and every warning anew. */
export const resumedPlan = (terms: Terms, calendar: Calendar, standing: Standing, pausedAt: Date, now: Date) => {
  const dueAt = afterPause(calendar, clockOf(terms), standing.dueAt, pausedAt, now)
  return { dueAt, plan: planOf(terms, calendar, now, dueAt, `@${standing.pauses}`) }
}
