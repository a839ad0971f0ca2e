import type { Role } from '@holdfast/contract'
import type { Step, Terms } from './plan.ts'
import type { ColumnType, Generated } from 'kysely'

/** JSON goes in as text and comes out parsed. */
type Json<T> = ColumnType<T, string, never>

interface BusinessCalendarTable {
  version: number
  timeZone: string
  weekdays: number[]
  holidays: Json<{ on: string; name: string }[]>
  setBy: string
  setAt: Date
}
interface ObligationTable {
  id: string
  kind: string
  subject: string
  labelSealed: Buffer
  personId: string | null
  role: Role | null
  openedAt: Date
  dueAt: Date
  calendarVersion: number
  terms: Json<Terms>
  plan: Json<Step[]>
  rebasedFrom: string | null
  reason: string | null
}
export type EventKind = 'warned' | 'skipped' | 'breached' | 'escalated' | 'paused' | 'resumed' | 'met' | 'withdrawn' | 'rebased'
interface ObligationEventTable {
  obligationId: string
  step: string
  kind: EventKind
  at: Date
  plannedAt: Date | null
  personId: string | null
  escalatedTo: string | null
  reason: string | null
  dueAt: Date
  plan: ColumnType<Step[] | null, string | null, never>
}
interface ObligationClockTable {
  obligationId: string
  kind: string
  subject: string
  /** '' where a role owes it. */
  personId: string
  role: Role | null
  dueAt: Date
  wakeAt: Date | null
  paused: Generated<boolean>
}

declare module '../tenancy/schema.ts' {
  interface Database {
    businessCalendar: BusinessCalendarTable
    obligation: ObligationTable
    obligationEvent: ObligationEventTable
    obligationClock: ObligationClockTable
  }
}
