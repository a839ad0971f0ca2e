import type { Obligation } from '@holdfast/contract'
import type { Entered } from '../handle.ts'

/** What the clock did, as a hook sees it. */
export interface Happening {
  /** The obligation's id. */
  id: string
  kind: string
  subject: string
  label: string
  /** Who owes it: a person or a role. */
  personId: string | null
  role: string | null
  step: 'warned' | 'breached' | 'escalated'
  /** Whom it escalated to. */
  to: string | null
  dueAt: Date
}

/** Work of a capability when the clock acts: to page somebody, to end an access. */
export interface ObligationHook {
  kind: string
  steps: readonly Happening['step'][]
  run: (happening: Happening, entered: Entered & { now: Date }) => Promise<void>
}

/** Runs in the clock's own transaction: what it does stands in the same entry, and if it fails the step is tried again. */
export const onObligation = (kind: Obligation, steps: ObligationHook['steps'], run: ObligationHook['run']): ObligationHook => ({
  kind: kind.name,
  steps,
  run,
})
